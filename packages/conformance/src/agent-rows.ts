import { strict as assert } from "node:assert";
import type { Evaluator, Verdict } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { type AdapterRow, refusalOf, row } from "./adapter-row.ts";
import { costOf } from "./bench.ts";
import { modelCalls } from "./call-rows.ts";
import type { Script } from "./mock-reply.ts";

const lookup = { name: "lookup", arguments: { query: "weather" } };

/** The model calls its tool in each of the first `steps` steps, always under the same id, and then answers. */
const callsTool =
  (steps: number): Script =>
  ({ index }) =>
    index < steps ? { toolCalls: [lookup] } : { text: "done" };

/** A rule for tool calls alone. */
const toolRule = (verdict: Verdict): { readonly evaluators: readonly Evaluator[] } => ({
  evaluators: [
    {
      name: "tool-rule",
      evaluate: ({ kind }) => (kind === "tool" ? verdict : { decision: "allow" }),
    },
  ],
});

/** What every agent loop has to keep. */
const loopRows: readonly AdapterRow[] = (["agent", "streamedAgent"] as const).flatMap((surface) => [
  row(
    surface,
    "twenty steps with the same prompt and the same call ids are twenty reservations and twenty requests",
    "observes",
    { script: callsTool(19) },
    async (perform, bench, books) => {
      await perform();
      const { receipts, permitted } = await books();
      assert.equal(bench.provider.count(), 20);
      assert.equal(permitted, 20);
      assert.equal(bench.lookups, 19);
      const reservations = receipts.flatMap(({ body }) =>
        body.type === "decision" && body.action.kind === "llm" ? [body.reservation] : [],
      );
      assert.equal(new Set(reservations).size, 20);
    },
  ),
  row(
    surface,
    "a refusal on the second turn reaches no provider, and the caller",
    "enforces",
    { script: callsTool(5), budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] },
    async (perform, { provider }) => {
      assert.equal((await refusalOf(perform())).refusal.reasonCode, "budget_exceeded");
      assert.equal(provider.count(), 1);
    },
  ),
  row(
    surface,
    "a denied tool does not run, and the model is told so",
    "enforces",
    { script: callsTool(1), evaluators: [denyTools(["lookup"])] },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 0);
      assert.equal(bench.provider.count(), 2);
      assert.match(JSON.stringify(bench.provider.requests[1]?.body), /denied/);
    },
  ),
  row(
    surface,
    "a budget of three tool calls lets exactly three run",
    "enforces",
    { script: callsTool(5), budgets: [{ id: "lookups", limit: "3 calls", match: { kind: "tool" } }] },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 3);
    },
  ),
  row(
    surface,
    "of three tool calls in one turn under a budget of two, exactly two run",
    "enforces",
    {
      script: ({ index }) =>
        index === 0
          ? { toolCalls: ["call_1", "call_2", "call_3"].map((id) => ({ ...lookup, id })) }
          : { text: "done" },
      budgets: [{ id: "lookups", limit: "2 calls", match: { kind: "tool" } }],
    },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 2);
    },
  ),
  row(
    surface,
    "a skipped tool does not run, and the model gets the rule's result",
    "enforces",
    {
      script: callsTool(1),
      ...toolRule({ decision: "skip", reason: "known", result: { forecast: "made up" } }),
    },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 0);
      assert.match(JSON.stringify(bench.provider.requests[1]?.body), /made up/);
    },
  ),
  row(
    surface,
    "a tool call that stops the run ends it, and the caller is told",
    "enforces",
    { script: callsTool(5), ...toolRule({ decision: "deny", terminal: true, reason: "tampering" }) },
    async (perform, bench) => {
      assert.equal((await refusalOf(perform())).terminal, true);
      assert.equal(bench.lookups, 0);
      assert.equal(bench.provider.count(), 1);
      assert.notEqual(bench.run.stopped, null);
    },
  ),
]);

const otherRows: readonly AdapterRow[] = [
  row(
    "nestedAgent",
    "the model inside the tool draws on the same run's budgets",
    "observes",
    { script: callsTool(1) },
    async (perform, { provider, run }, books) => {
      await perform();
      const { receipts, spent } = await books();
      assert.equal(provider.count(), 3);
      assert.equal(
        spent,
        provider.requests.reduce((sum, request) => sum + costOf(request), 0n),
      );
      for (const { body } of receipts) {
        if (body.type === "decision") assert.equal(body.action.root ?? body.action.run, run.id);
      }
    },
  ),
  row(
    "nestedAgent",
    "what the inner model used up is not there for the outer one",
    "enforces",
    {
      script: callsTool(1),
      budgets: [{ id: "turns", limit: "2 calls", per: "run", match: { kind: "llm" } }],
    },
    async (perform, { provider }) => {
      assert.equal((await refusalOf(perform())).refusal.reasonCode, "budget_exceeded");
      assert.equal(provider.count(), 2);
    },
  ),
  row(
    "streamingTool",
    "streams as it did, and the model gets its last value",
    "observes",
    { script: callsTool(1) },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 1);
      assert.match(JSON.stringify(bench.provider.requests[1]?.body), /sunny/);
    },
  ),
  row(
    "streamingTool",
    "does not run when it is denied",
    "enforces",
    { script: callsTool(1), evaluators: [denyTools(["lookup"])] },
    async (perform, bench) => {
      await perform();
      assert.equal(bench.lookups, 0);
      assert.match(JSON.stringify(bench.provider.requests[1]?.body), /denied/);
    },
  ),
  row(
    "approval",
    "the approved tool runs exactly once, though its approval is replayed",
    "enforces",
    { script: callsTool(1), ...toolRule({ decision: "require_approval", reason: "is it wanted?" }) },
    async (perform, bench) => {
      // The replay may be refused aloud or in silence.
      await perform().catch(() => undefined);
      assert.equal(bench.lookups, 1);
    },
  ),
  row(
    "providerTool",
    "a web search that is denied is not offered to the provider",
    "enforces",
    { evaluators: [denyTools(["web_search"])] },
    async (perform, { provider }) => {
      await perform();
      assert.equal(provider.count(), 1);
      assert.doesNotMatch(JSON.stringify(provider.requests[0]?.body), /web_search/);
    },
  ),
  row(
    "providerTool",
    "a web search that is allowed and was not used is not booked",
    "observes",
    {},
    async (perform, { provider }, books) => {
      await perform();
      assert.match(JSON.stringify(provider.requests[0]?.body), /web_search/);
      const [request] = provider.requests;
      assert.ok(request);
      assert.equal((await books()).spent, costOf(request));
    },
  ),
  ...(["batch", "realtime"] as const).map((surface) =>
    row(
      surface,
      "reaches no provider under a budget of nothing",
      "enforces",
      modelCalls(0),
      async (perform, bench) => {
        await perform().catch(() => undefined);
        assert.equal(bench.provider.count(), 0);
      },
    ),
  ),
];

/** What every agent has to keep. */
export const agentRows: readonly AdapterRow[] = [...loopRows, ...otherRows];
