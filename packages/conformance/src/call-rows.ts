import { strict as assert } from "node:assert";
import type { Verdict } from "@tollgate/core";
import { benchModels, type Surface } from "./adapter-driver.ts";
import { type AdapterRow, refusalOf, row } from "./adapter-row.ts";
import { type BenchOptions, costOf } from "./bench.ts";
import type { ReplyUsage } from "./mock-reply.ts";

/** The surfaces of which one operation is one request. */
const singleCalls = [
  "generate",
  "stream",
  "object",
  "streamedObject",
  "namedModel",
  "embed",
  "image",
  "speech",
  "transcription",
  "rerank",
  "video",
] as const satisfies readonly Surface[];

/** Those of them whose providers tell how many tokens were used. */
const told: readonly Surface[] = ["generate", "stream", "object", "streamedObject", "namedModel", "embed"];

/** An answer that fits text and structured output alike. */
const script = () => ({ text: '{"city":"Oslo"}' });

/** A gate with one rule for everything. */
const ruling = (verdict: Verdict) => ({ script, evaluators: [{ name: "rule", evaluate: () => verdict }] });

const everyModel = ["llm", "embedding", "image", "speech", "transcription", "rerank", "video"] as const;

/** At most `count` model calls. */
export function modelCalls(count: number): Pick<BenchOptions, "budgets"> {
  return { budgets: [{ id: "calls", limit: `${count} calls`, match: { kind: everyModel } }] };
}

/** What every single call has to keep, whatever it is a call of. */
export const callRows: readonly AdapterRow[] = singleCalls.flatMap((surface) => [
  row(
    surface,
    "of five calls under a budget of two, exactly two reach the provider",
    "enforces",
    { script, ...modelCalls(2) },
    async (perform, { provider }) => {
      await perform();
      await perform();
      for (let call = 0; call < 3; call++) {
        assert.equal((await refusalOf(perform())).refusal.reasonCode, "budget_exceeded");
      }
      assert.equal(provider.count(), 2);
    },
  ),
  row(
    surface,
    "of ten calls at once under a budget of four, exactly four reach the provider",
    "enforces",
    { script, ...modelCalls(4) },
    async (perform, { provider }) => {
      const calls = await Promise.allSettled(Array.from({ length: 10 }, () => perform()));
      assert.equal(calls.filter(({ status }) => status === "fulfilled").length, 4);
      assert.equal(provider.count(), 4);
    },
  ),
  row(
    surface,
    "a denied call reaches no provider, is not retried, and its caller finds the refusal",
    "enforces",
    ruling({ decision: "deny", reason: "not today" }),
    async (perform, { provider }, books) => {
      const refusal = await refusalOf(perform());
      assert.equal(refusal.code, "action_denied");
      assert.match(refusal.message, /not today/);
      assert.equal(provider.count(), 0);
      const { receipts } = await books();
      assert.equal(receipts.filter(({ body }) => body.type === "decision").length, 1);
    },
  ),
  row(
    surface,
    "a call of a stopped run reaches no provider",
    "enforces",
    { script },
    async (perform, { gate, run, provider }) => {
      await gate.stop(run, "enough");
      assert.equal((await refusalOf(perform())).terminal, true);
      assert.equal(provider.count(), 0);
    },
  ),
  row(
    surface,
    "a call that needs approval reaches the provider once it is granted, and only once",
    "enforces",
    ruling({ decision: "require_approval", reason: "costly" }),
    async (perform, { provider, grant }) => {
      assert.equal((await refusalOf(perform())).code, "approval_required");
      assert.equal(provider.count(), 0);
      await grant();
      await perform();
      assert.equal((await refusalOf(perform())).code, "approval_required");
      assert.equal(provider.count(), 1);
    },
  ),
  row(
    surface,
    "a gate that cannot decide lets nothing through",
    "enforces",
    {
      script,
      evaluators: [
        {
          name: "broken",
          evaluate() {
            throw new Error("out of order");
          },
        },
      ],
    },
    async (perform, { provider }) => {
      assert.equal((await refusalOf(perform())).code, "gate_unavailable");
      assert.equal(provider.count(), 0);
    },
  ),
  row(
    surface,
    "what the provider says was used is what is booked, cached and reasoning tokens at their own rates",
    "observes",
    { script: () => ({ ...script(), usage: usageOf(surface) }) },
    async (perform, { provider }, books) => {
      await perform();
      const { spent, settled } = await books();
      const [request] = provider.requests;
      assert.ok(request);
      assert.equal(spent, costOf(request, usageOf(surface)));
      assert.equal(settled, 1);
    },
  ),
  row(
    surface,
    "a call whose usage nobody tells is booked as estimated, never as nothing",
    "observes",
    { script: () => ({ ...script(), usage: null }) },
    async (perform, _bench, books) => {
      // Some frameworks do without usage, some refuse such an answer; the money is gone either way.
      await perform().catch(() => undefined);
      const { spent, receipts } = await books();
      assert.ok(spent > 0n);
      const sources = receipts.flatMap(({ body }) => (body.type === "settlement" ? [body.source] : []));
      if (told.includes(surface)) assert.deepEqual(new Set(sources), new Set(["estimated"]));
    },
  ),
  row(
    surface,
    "an error that the provider does not bill for gives the money back",
    "observes",
    { script: () => ({ status: 400 }) },
    async (perform, { provider }, books) => {
      await assert.rejects(perform());
      const { spent, released, permitted } = await books();
      assert.equal(spent, 0n);
      assert.equal(released, provider.count());
      assert.equal(permitted, provider.count());
    },
  ),
  row(
    surface,
    "a call whose connection is cut is not free, also when the framework tries again",
    "observes",
    { script: ({ index }) => (index === 0 ? { ...script(), ending: "cut" } : { status: 400 }) },
    async (perform, { provider }, books) => {
      await assert.rejects(perform());
      const { spent, settled, released, permitted } = await books();
      assert.ok(spent > 0n);
      assert.deepEqual([settled, released], [1, provider.count() - 1]);
      assert.equal(permitted, provider.count());
    },
  ),
]);

function usageOf(surface: Surface): ReplyUsage {
  return surface === "embed"
    ? { inputTokens: 1000, outputTokens: 0 }
    : { inputTokens: 1000, outputTokens: 200, cachedTokens: 600, reasoningTokens: 150 };
}

/** Many requests in one operation. */
export const manyRows: readonly AdapterRow[] = [
  row(
    "embedMany",
    "of six requests at once under a budget of four, exactly four reach the provider",
    "enforces",
    modelCalls(4),
    async (perform, { provider }, books) => {
      assert.equal((await refusalOf(perform())).refusal.reasonCode, "budget_exceeded");
      await books();
      assert.equal(provider.count({ model: benchModels.embedding }), 4);
    },
  ),
  row(
    "embedMany",
    "each request is booked on its own",
    "observes",
    {},
    async (perform, { provider }, books) => {
      await perform();
      const { spent, settled } = await books();
      assert.equal(provider.count(), 6);
      assert.equal(settled, 6);
      assert.equal(
        spent,
        provider.requests.reduce((sum, request) => sum + costOf(request), 0n),
      );
    },
  ),
  row(
    "retry",
    "each attempt is decided and booked on its own, and the failed one costs nothing",
    "observes",
    { script: ({ index }) => (index === 0 ? { status: 500 } : {}) },
    async (perform, { provider }, books) => {
      await perform();
      const { spent, permitted, settled, released } = await books();
      assert.deepEqual([provider.count(), permitted, settled, released], [2, 2, 1, 1]);
      const [request] = provider.requests;
      assert.ok(request);
      assert.equal(spent, costOf(request));
    },
  ),
  row(
    "retry",
    "a stop between two attempts ends the retrying",
    "enforces",
    {},
    async (perform, { gate, run, provider }) => {
      provider.play(() => {
        // Decided before the framework can try again, which only happens after this answer.
        gate.stop(run, "enough").catch(assert.fail);
        return { status: 500 };
      });
      assert.equal((await refusalOf(perform())).terminal, true);
      assert.equal(provider.count(), 1);
    },
  ),
];
