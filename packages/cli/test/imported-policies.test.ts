import { type Policy, PolicyEngine } from "@microsoft/agent-governance-sdk";
import { importAgtPolicy } from "@tollgate/agt";
import { type Action, createGate, type Decision, type Subject } from "@tollgate/core";
import { InvalidPolicy, loadPolicy } from "@tollgate/policy";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

// Some thousands of signed decisions a test.
vi.setConfig({ testTimeout: 60_000 });

type Call = Pick<Action, "name"> & {
  readonly kind: "tool" | "llm";
  readonly provider?: string;
  readonly params?: Record<string, unknown>;
  readonly subject: Subject;
};

/** What the real engine answers about a call, shown to it as `agtEvaluator` does. */
function askAgt(document: Policy, { kind, name, provider, params, subject }: Call): string {
  const engine = new PolicyEngine();
  engine.loadYaml(JSON.stringify(document));
  const tool = kind === "tool" ? name : `${kind}:${name}`;
  const context = {
    ...subject,
    tool,
    action: tool,
    kind,
    name,
    params,
    steps: 1,
    ...(provider && { provider }),
  };
  return engine.evaluatePolicy(subject.agent ?? "unknown", context).action;
}

function askGate(policy: string, { subject, ...call }: Call): Promise<Decision> {
  return createGate({ ...loadPolicy(policy), subject }).decide(call as never);
}

/** The policy as it is imported; null where it is refused. */
function imported(document: unknown): string | null {
  const { text } = importAgtPolicy(document);
  if (text === null) return null;
  try {
    loadPolicy(text);
    return text;
  } catch (error) {
    if (error instanceof InvalidPolicy) return null;
    throw error;
  }
}

const word = fc.constantFrom(
  "pay",
  "rm",
  "RM",
  "llm:pay",
  "a or b",
  "18",
  "back\\slash",
  "größe",
  "a\u{e0001}\u202eb",
);
const texts = fc.array(word, { minLength: 1, maxLength: 3 }).map((all) => all.map((one) => `'${one}'`));
const list = texts.map((all) => `[${all.join(", ")}]`);
const membership = fc.constantFrom("in", "not in");
const number = fc.constantFrom("0", "18", "100.5", "007");
const textPath = fc.constantFrom(
  "tool",
  "action",
  "name",
  "provider",
  "user",
  "role",
  "agent",
  "params.cmd",
  "params.deep.a",
);
const numberPath = fc.constantFrom("steps", "params.amount", "params.deep.n");
const spaced = (parts: readonly string[]) => parts.join(" ");
const test = fc.oneof(
  fc
    .tuple(
      textPath,
      fc.constantFrom("==", "!="),
      word.map((one) => `'${one}'`),
    )
    .map(spaced),
  fc.tuple(textPath, membership, list).map(spaced),
  fc.tuple(numberPath, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), number).map(spaced),
  fc
    .tuple(
      fc.constantFrom("steps", "params.amount", "params.flag"),
      membership,
      fc.constantFrom("['18', 'true']", "[1, 0]"),
    )
    .map(spaced),
  fc.constantFrom(
    "params.flag",
    "params.flag == true",
    "params.flag == false",
    "kind == 'llm'",
    "kind != 'tool'",
  ),
);
const condition = fc
  .array(fc.tuple(test, fc.constantFrom(" and ", " or ")), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([source, and], at) => (at === 0 ? source : and + source)).join(""));
const document: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.array(
      fc.record(
        {
          condition,
          ruleAction: fc.constantFrom("allow" as const, "deny" as const, "require_approval" as const),
          priority: fc.constantFrom(-3, 0, 5),
          enabled: fc.constantFrom(true, true, true, false),
        },
        { requiredKeys: ["condition", "ruleAction"] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom("allow" as const, "deny" as const, undefined),
    fc.constantFrom<(string[] | undefined)[]>(undefined, ["bot"], ["bot", "pay"], ["*"]),
  )
  .map(([rules, byDefault, agents]) => ({
    name: "drawn",
    rules: rules.map((rule, at) => ({ name: `r${9 - at}`, ...rule })),
    ...(byDefault && { default_action: byDefault }),
    ...(agents && { agents }),
  }));

/** Few words, in one priority: rules that meet, and tools that are named as models are. */
const few = fc.constantFrom("pay", "llm:pay", "rm");
const crowded: fc.Arbitrary<Policy> = fc
  .array(
    fc.tuple(
      fc.constantFrom("tool", "role"),
      fc.uniqueArray(few, { minLength: 1, maxLength: 2 }),
      fc.constantFrom("allow" as const, "deny" as const, "require_approval" as const),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((rules) => ({
    name: "crowded",
    default_action: "deny",
    rules: rules.map(([path, words, ruleAction], at) => ({
      name: `r${at}`,
      condition: `${path} in [${words.map((one) => `'${one}'`).join(", ")}]`,
      ruleAction,
    })),
  }));
const crowdedCall: fc.Arbitrary<Call> = fc.record({
  kind: fc.constantFrom("tool" as const, "llm" as const),
  name: few,
  subject: fc.record({ role: few }, { requiredKeys: [] }),
});

function callWith(params: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Call> {
  return fc.record(
    {
      kind: fc.constantFrom("tool" as const, "llm" as const),
      name: word,
      provider: fc.constantFrom("pay", "openai"),
      params,
      subject: fc.record(
        { agent: fc.constantFrom("bot", "pay", "eve"), user: word, role: word },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["kind", "name", "subject"] },
  ) as fc.Arbitrary<Call>;
}

const amounts = fc.constantFrom(0, 1, 17, 18, 18.5, 100.5, -1, 7);
const plainCall = callWith(
  fc.record(
    {
      amount: amounts,
      cmd: fc.option(word),
      flag: fc.option(fc.boolean()),
      deep: fc.option(fc.record({ a: word, n: amounts }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  ),
);
const value = fc.oneof(
  word,
  amounts,
  fc.boolean(),
  fc.constantFrom(null, "", "18", [], ["rm"], [18], {}, { a: null }),
);
const wildCall = callWith(
  fc.record({ amount: value, cmd: value, flag: value, deep: value }, { requiredKeys: [] }),
);

describe("a policy that is imported from AGT", () => {
  it("decides as the real engine does, whatever is there and whatever is missing", async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.array(plainCall, { minLength: 4, maxLength: 4 }),
        async (policy, calls) => {
          const text = imported(policy);
          if (text === null) return;
          for (const call of calls) {
            const answer = askAgt(policy, call);
            seen.set(answer, (seen.get(answer) ?? 0) + 1);
            const { outcome, reason } = await askGate(text, call);
            expect(outcome, `${text}\n${reason}`).toBe(answer);
          }
        },
      ),
      { numRuns: 400, seed: 7 },
    );
    for (const outcome of ["allow", "deny", "require_approval"])
      expect(seen.get(outcome)).toBeGreaterThan(30);
  });

  it("decides as the real engine does where rules of one priority meet", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(crowded, fc.array(crowdedCall, { minLength: 3 }), async (policy, calls) => {
        const text = imported(policy);
        if (text === null) return;
        taken++;
        for (const call of calls)
          expect((await askGate(text, call)).outcome, text).toBe(askAgt(policy, call));
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it("denies where AGT converts a value to another type, and decides as it does elsewhere", async () => {
    let denied = 0;
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.array(wildCall, { minLength: 4, maxLength: 4 }),
        async (policy, calls) => {
          const text = imported(policy);
          if (text === null) return;
          for (const call of calls) {
            const { outcome, reason } = await askGate(text, call);
            if (outcome === "deny" && reason.includes("cannot be evaluated")) denied++;
            else expect(outcome, `${text}\n${reason}`).toBe(askAgt(policy, call));
          }
        },
      ),
      { numRuns: 400, seed: 7 },
    );
    expect(denied).toBeGreaterThan(20);
  });
});

describe("what is imported", () => {
  it("hides nothing from whoever reads it, and says the same", async () => {
    const description = "a\u009b31m \u202e \u{e0001} \u2028 \n ü";
    const text =
      imported({ name: description, rules: [{ name: "r", description, ruleAction: "deny" }] }) ?? "";
    expect(text).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
    const { reason } = await askGate(text, { kind: "tool", name: "x", subject: {} });
    expect(reason).toBe(description);
  });
});
