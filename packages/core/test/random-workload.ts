import type { BudgetInput, GateOptions } from "@tollgate/core";
import fc from "fast-check";

/** One thing that somebody does to a gate. What is `unknown` comes from outside and need not make sense. */
export type Step =
  | {
      readonly do: "decide";
      readonly run: number;
      readonly action: unknown;
      readonly subject: unknown;
      readonly accepts: boolean;
      /** What the two evaluators answer; `throw` and `hang` are what they do instead. */
      readonly answers: readonly unknown[];
      readonly ledgerFails: boolean;
    }
  | { readonly do: "settle"; readonly permit: number; readonly used: unknown }
  | { readonly do: "release"; readonly permit: number; readonly reason: unknown }
  | { readonly do: "open run"; readonly parent: number | null; readonly input: object }
  | { readonly do: "stop"; readonly run: unknown; readonly reason: unknown }
  | { readonly do: "answer"; readonly grant: boolean; readonly answer: object }
  | { readonly do: "wait"; readonly ms: number };

/** Text as it comes from outside: also none, half characters, and one that is halved when it is cut at 1,024. */
const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("ok") },
  fc.constantFrom("", "\ud800", "\udc00x", "\u0000\u2028", `${"a".repeat(1023)}😀`, "é".repeat(3000)),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const amount: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(0n, -1n, 5n, 2n ** 63n - 1n, 2n ** 63n),
  fc.bigInt(0n, 10n ** 12n),
);

const count: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(0, -0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, "7", 3n),
  fc.nat(100_000),
);

const index: fc.Arbitrary<number> = fc.nat(5);

/** A record of some of these members. */
function some(members: Record<string, fc.Arbitrary<unknown>>, ...required: string[]): fc.Arbitrary<object> {
  return fc.record(members, { requiredKeys: required });
}

const used: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, {}),
  some({
    usage: fc.oneof(
      fc.constantFrom<unknown>(null, {}, 7, "x", []),
      some({
        inputTokens: count,
        outputTokens: count,
        cacheReadTokens: count,
        cacheWriteTokens: count,
        reasoningTokens: count,
        "Total tokens": count,
      }),
    ),
    amounts: fc.oneof(
      fc.constantFrom<unknown>(null, 7, { usd: 5 }, { usd: "$1" }),
      fc.dictionary(fc.constantFrom("usd", "tokens", "calls", "USD", "", "__proto__", "a b"), amount),
    ),
    source: fc.constantFrom<unknown>("reported", "estimated", "guessed", null),
  }),
);

const allow: fc.Arbitrary<unknown> = fc.constant({ decision: "allow" });

const answer: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: allow },
  fc.constantFrom<unknown>("throw", "hang", undefined, { decision: "maybe" }),
  some({ decision: fc.constant("allow"), reason: text, rule: text }, "decision"),
  some(
    {
      decision: fc.constant("degrade"),
      reason: text,
      patch: some({
        model: fc.constantFrom("small", "small", "nobody knows it", "\ud800"),
        provider: text,
        params: fc.dictionary(fc.constantFrom("prompt", "__proto__"), text),
        maxOutputTokens: fc.constantFrom(1, 50, 0),
      }),
    },
    "decision",
    "reason",
    "patch",
  ),
  some({ decision: fc.constant("skip"), reason: text, result: text }, "decision", "reason"),
  some({ decision: fc.constant("require_approval"), reason: text, approver: text }, "decision", "reason"),
  some({ decision: fc.constant("deny"), reason: text, rule: text, terminal: fc.boolean() }, "decision"),
);

/** The name of what nobody may do without approval. */
export const needsApproval = "wire";

const soundAction: fc.Arbitrary<object> = some(
  {
    kind: fc.constantFrom("llm", "tool"),
    name: fc.constantFrom("big", "small", "paid_search", needsApproval, needsApproval),
    key: fc.constantFrom("k1", "k2"),
  },
  "kind",
  "name",
);

const oddAction: fc.Arbitrary<object> = some(
  {
    kind: fc.constantFrom("llm", "tool", "embedding", "other"),
    name: fc.oneof(fc.constantFrom("big", "unknown"), text),
    provider: text,
    params: fc.oneof(fc.constantFrom<unknown>({ prompt: "hi" }, undefined), fc.dictionary(text, text)),
    maxOutputTokens: count,
    amounts: fc.dictionary(
      fc.constantFrom("usd", "calls", "Usd"),
      fc.oneof<fc.Arbitrary<unknown>[]>(amount, fc.constantFrom("$0.40", "x")),
    ),
    key: fc.constantFrom("k1", ""),
    step: count,
    attempt: count,
  },
  "kind",
  "name",
);

const subject: fc.Arbitrary<object> = some({ user: text, role: fc.constant("clerk") });

/** Steps that can come in any order. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("decide" as const),
      run: index,
      action: fc.oneof({ weight: 3, arbitrary: soundAction }, oddAction),
      subject: fc.option(subject, { nil: undefined, freq: 4 }),
      accepts: fc.boolean(),
      answers: fc.tuple(answer, answer),
      ledgerFails: fc.nat(9).map((drawn) => drawn === 9),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("settle" as const), permit: index, used }) },
  fc.record({
    do: fc.constant("release" as const),
    permit: index,
    reason: fc.oneof<fc.Arbitrary<unknown>[]>(text, fc.constant(undefined)),
  }),
  fc.record({
    do: fc.constant("open run" as const),
    parent: fc.option(index),
    input: some({ id: text, user: text }),
  }),
  fc.record({
    do: fc.constant("stop" as const),
    run: fc.oneof<fc.Arbitrary<unknown>[]>(index, text),
    reason: text,
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      grant: fc.boolean(),
      answer: some({ by: text, reason: text }),
    }),
  },
  fc.record({
    do: fc.constant("wait" as const),
    ms: fc.constantFrom(1, 60_000, 300_000, 3_600_000, -1000, -10_000),
  }),
);

const budget: fc.Arbitrary<Omit<BudgetInput, "id">> = fc
  .record({
    limit: fc.constantFrom("$0.50", "$1000", "20k tokens", "3 calls", "1000000 calls"),
    per: fc.constantFrom("run" as const, "hour" as const, "total" as const),
    by: fc.constantFrom<readonly "user"[]>([], ["user"]),
    then: fc.constantFrom("deny", "degrade", "skip", "require_approval", "stop"),
  })
  .map((made) =>
    made.then === "degrade" ? { ...made, degrade: { model: "small", maxOutputTokens: 10 } } : made,
  );

/** Gates of all kinds. */
export const setting: fc.Arbitrary<GateOptions> = fc.record({
  mode: fc.constantFrom("enforce", "enforce", "shadow"),
  failure: fc.constantFrom("closed", "open"),
  unpriced: fc.constantFrom("allow", "deny"),
  policy: fc.constantFrom(null, `sha256:${"a".repeat(64)}`),
  params: fc.constantFrom<NonNullable<GateOptions["params"]>>("digest", "full", ({ params }) => [params]),
  budgets: fc
    .array(budget, { maxLength: 3 })
    .map((budgets) => budgets.map((each, at) => ({ id: `b${at}`, ...each }))),
});
