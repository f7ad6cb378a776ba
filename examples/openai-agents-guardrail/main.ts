// Agents of the OpenAI Agents SDK behind a gate. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import {
  Agent,
  OpenAIProvider,
  OpenAIResponsesModel,
  Runner,
  RunState,
  retryPolicies,
  setTracingDisabled,
  tool,
  webSearchTool,
} from "@openai/agents";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate, findDenial } from "@tollgate/core";
import { denyTools, evaluator } from "@tollgate/core/evaluators";
import { gateGuardrails, gateModel, gateModelProvider, gateTools } from "@tollgate/openai-agents";
import OpenAI from "openai";
import * as z from "zod";

// Traces would be sent to OpenAI.
setTracingDisabled(true);
const provider = await startMockProvider();
const openAIClient = new OpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const openai = new OpenAIProvider({ openAIClient });

/** The model calls a tool first, and answers then. */
const calling = (name: string, args: Record<string, unknown>) =>
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name, arguments: args }] } : { text: "Well." },
  );

const invoices = tool({
  name: "invoices",
  description: "Lists the open invoices.",
  parameters: z.object({}),
  execute: async () => "three are open",
});

const sent: string[] = [];
const send = tool({
  name: "send",
  description: "Sends a mail.",
  parameters: z.object({ to: z.string() }),
  execute: async ({ to }) => `mail ${sent.push(to)}`,
});

async function quickstart(): Promise<void> {
  calling("invoices", {});

  // #region quickstart
  const gate = createGate({ budgets: [{ id: "daily", limit: "$0.10", per: "day", by: ["user"] }] });
  const run = gate.run({ tenant: "acme", user: "alice" });
  const runner = new Runner({ modelProvider: gateModelProvider(openai, run) });
  const agent = new Agent({ name: "finance", model: "gpt-4o", tools: gateTools([invoices], run) });
  const { finalOutput } = await runner.run(agent, "How was the quarter?");
  // #endregion

  assert.equal(finalOutput, "Well.");
  assert.equal(provider.count(), 2);
  assert.ok(((await gate.balances())[0]?.spent ?? 0n) > 0n);
}

async function refusals(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice" });
  const runner = new Runner({ modelProvider: gateModelProvider(openai, run) });
  const agent = new Agent({ name: "finance", model: "gpt-4o", tools: gateTools([invoices], run) });
  calling("invoices", {});
  const reasons: string[] = [];

  // #region refusals
  try {
    await runner.run(agent, "How was the quarter?");
  } catch (error) {
    const refused = findDenial(error);
    if (refused === null) throw error;
    reasons.push(refused.refusal.reasonCode);
  }
  // #endregion

  assert.deepEqual(reasons, ["budget_exceeded"]);
  assert.equal(provider.count(), 1);
}

async function guardrails(): Promise<void> {
  const gate = createGate({
    evaluators: [
      evaluator("no-secrets", ({ kind, params }) =>
        kind === "other" && JSON.stringify(params).includes("password")
          ? { decision: "deny", reason: "the question holds a password" }
          : { decision: "allow" },
      ),
    ],
  });
  const run = gate.run({ user: "alice" });
  provider.play(() => ({ text: "Well." }));

  // #region guardrails
  const modelProvider = gateModelProvider(openai, run);
  const runner = new Runner({ modelProvider });
  const agent = new Agent({
    name: "finance",
    model: "gpt-4o",
    ...gateGuardrails(run, { modelProvider }),
  });
  // #endregion

  const refused = await runner.run(agent, "My password is 1234.").catch(findDenial);
  assert.match(String(refused), /the question holds a password/);
  assert.equal(provider.count(), 0);
  assert.equal((await runner.run(agent, "How was the quarter?")).finalOutput, "Well.");

  // Without a gated model the guardrails would only see the first turn: such an agent does not start.
  const ungated = new Runner({ modelProvider: openai });
  const careless = new Agent({ name: "careless", model: "gpt-4o", ...gateGuardrails(run) });
  await assert.rejects(ungated.run(careless, "How was the quarter?"), /was not told of a gated one/);
  assert.equal(provider.count(), 1);
}

async function approvals(): Promise<void> {
  calling("send", { to: "bob" });

  // #region approvals
  const mails = evaluator("mails", ({ kind, name }) =>
    kind === "tool" && name === "send"
      ? { decision: "require_approval", reason: "a mail leaves the house", approver: "desk" }
      : { decision: "allow" },
  );
  const gate = createGate({ evaluators: [mails] });
  const run = gate.run({ id: "order-7", user: "alice" });
  const runner = new Runner({ modelProvider: gateModelProvider(openai, run) });
  const tools = gateTools([send], run, { approvedBy: "carol" });
  const agent = new Agent({ name: "mailer", model: "gpt-4o", tools });
  const { state } = await runner.run(agent, "Tell Bob.");
  // Somebody looks at state.getInterruptions(), here or in another process, and says yes:
  for (const interruption of state.getInterruptions()) state.approve(interruption);
  const text = state.toString();
  const { finalOutput } = await runner.run(agent, await RunState.fromString(agent, text));
  // #endregion

  assert.equal(finalOutput, "Well.");
  assert.deepEqual(sent, ["bob"]);
  const again = await runner.run(agent, await RunState.fromString(agent, text)).catch(findDenial);
  assert.ok(again instanceof Error && findDenial(again)?.code === "idempotency_conflict");
  assert.deepEqual(sent, ["bob"]);
  assert.equal(provider.count(), 2);
}

async function perUser(): Promise<void> {
  provider.play(() => ({ text: "Well." }));

  // #region server
  const gate = createGate({ budgets: [{ id: "mine", limit: "$0.10", per: "day", by: ["tenant", "user"] }] });
  // Made once, for all requests: which run a call belongs to is said by withRun.
  const runner = new Runner({ modelProvider: gateModelProvider(openai, gate) });
  const agent = new Agent({ name: "finance", model: "gpt-4o", tools: gateTools([invoices], gate) });
  /** What a server does with each request; the subject is what it has authenticated, never what it was sent. */
  async function handle(subject: { tenant: string; user: string }, question: string) {
    try {
      const answer = await gate.withRun(gate.run(subject), () => runner.run(agent, question));
      return { status: 200, text: answer.finalOutput };
    } catch (error) {
      const refused = findDenial(error);
      if (refused === null) throw error;
      return { status: refused.code === "gate_unavailable" ? 503 : 402, text: refused.refusal.reason };
    }
  }
  // #endregion

  const asks = ["alice", "bob"].map((user) => handle({ tenant: "acme", user }, "How was the quarter?"));
  assert.deepEqual(await Promise.all(asks), [
    { status: 200, text: "Well." },
    { status: 200, text: "Well." },
  ]);
  assert.equal((await gate.balances()).length, 2);
}

async function handoffs(): Promise<void> {
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name: "transfer_to_clerk", arguments: {} }] } : { text: "Done." },
  );
  const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day" }] });
  const run = gate.run({ user: "alice" });
  const runner = new Runner({ modelProvider: gateModelProvider(openai, run) });

  // #region instances
  // A model instance goes past the runner's model provider, so it is gated itself.
  const own = new OpenAIResponsesModel(openAIClient, "gpt-4o-mini");
  const clerk = new Agent({ name: "clerk", model: gateModel(own, run) });
  const desk = new Agent({ name: "desk", model: "gpt-4o", handoffs: [clerk] });
  // #endregion

  const { finalOutput, lastAgent } = await runner.run(desk, "How was the quarter?");
  assert.deepEqual([finalOutput, lastAgent?.name], ["Done.", "clerk"]);
  assert.deepEqual(
    provider.requests.map(({ model }) => model),
    ["gpt-4o", "gpt-4o-mini"],
  );
}

async function cheaper(): Promise<void> {
  provider.play(() => ({ text: "Well." }));

  // #region degrade
  const gate = createGate({
    budgets: [
      { id: "comfort", limit: "$0.05", per: "day", then: "degrade", degrade: { model: "gpt-4o-mini" } },
      { id: "hard", limit: "$5.00", per: "day" },
    ],
  });
  // #endregion

  const runner = new Runner({ modelProvider: gateModelProvider(openai, gate) });
  const agent = new Agent({ name: "finance", model: "gpt-4o" });
  await Promise.all([runner.run(agent, "one"), runner.run(agent, "two")]);
  assert.deepEqual(provider.requests.map(({ model }) => model).toSorted(), ["gpt-4o", "gpt-4o-mini"]);
}

async function retries(): Promise<void> {
  provider.play(({ index }) => (index === 0 ? { status: 503 } : { text: "Well." }));
  const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day" }] });

  // #region retries
  const runner = new Runner({
    modelProvider: gateModelProvider(openai, gate),
    modelSettings: { retry: { maxRetries: 2, policy: retryPolicies.providerSuggested() } },
  });
  // #endregion

  const agent = new Agent({ name: "finance", model: "gpt-4o" });
  assert.equal((await runner.run(agent, "How was the quarter?")).finalOutput, "Well.");
  assert.equal(provider.count(), 2);
}

async function hosted(): Promise<void> {
  provider.play(() => ({ text: "Well." }));

  // #region hosted
  const gate = createGate({ evaluators: [denyTools(["web_search", "hosted_mcp*"])] });
  // #endregion

  const runner = new Runner({ modelProvider: gateModelProvider(openai, gate) });
  await runner.run(new Agent({ name: "finance", model: "gpt-4o", tools: [webSearchTool()] }), "hi");
  assert.deepEqual(provider.requests[0]?.body.tools, []);
}

await quickstart();
await refusals();
await guardrails();
await approvals();
await perUser();
await handoffs();
await cheaper();
await retries();
await hosted();
await provider.stop();
console.log("The agents kept to the gate.");
