import {
  Agent,
  GuardrailExecutionError,
  handoff,
  OpenAIProvider,
  Runner,
  RunState,
  ToolCallError,
  tool,
} from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import { findDenial, type GateOptions, type Verdict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateGuardrails, gateModel, gateTools } from "../src/index.ts";
import { fakeModel } from "./fake-model.ts";
import { decisionsOf, open, receiptsOf, refusalOf, ruleFor, toldOf } from "./fixture.ts";
import { approved } from "./mailer.ts";
import { apis, openaiModel } from "./surfaces.ts";

const sends: Script = ({ index }) =>
  index === 0 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" };

/** An agent with the gate's guardrails, whose tool is guarded by them alone. */
async function guarded(options: GateOptions = {}, script: Script = sends) {
  const fixture = await open(script, options);
  const { run, modelProvider } = fixture;
  const actions = { send: { amounts: { stamps: 2n } } };
  const { toolInputGuardrails, ...guardrails } = gateGuardrails(run, { modelProvider, actions });
  const sent: string[] = [];
  const send = tool({
    name: "send",
    description: "Sends a mail.",
    parameters: z.object({ to: z.string() }),
    inputGuardrails: toolInputGuardrails,
    execute: ({ to }) => `mail ${sent.push(to)}`,
  });
  const agent = new Agent({ name: "assistant", model: "gpt-4o", tools: [send], ...guardrails });
  return { ...fixture, fixture, agent, send, sent };
}

const errorOf = (operation: Promise<unknown>) =>
  operation.then(
    () => null,
    (error: unknown) => error,
  );

describe("the input guardrail", () => {
  it("decides whether the agent may start, before its first model call, and charges nothing for it", async () => {
    const { runner, agent, gate } = await guarded({}, () => ({}));
    const { inputGuardrailResults } = await runner.run(agent, "hi");
    expect(await decisionsOf(gate)).toEqual(["other assistant allow", "llm gpt-4o allow"]);
    const decision = (await receiptsOf(gate)).find(({ type }) => type === "decision");
    expect(inputGuardrailResults[0]?.output.outputInfo).toEqual({ receipt: decision?.id });
    const endings = (await receiptsOf(gate)).filter(({ type }) => type === "settlement");
    expect(endings).toHaveLength(2);
    expect((await gate.balances())[0]?.spent).toBeGreaterThan(0n);
  });

  it.each([false, true])(
    "lets no model be called while it is still deciding, nor when it has refused (streamed: %s)",
    async (stream) => {
      const verdict = Promise.withResolvers<Verdict>();
      const { runner, agent, provider } = await guarded({
        // It decides when it is told to, also on a busy machine.
        evaluatorTimeoutMs: 600_000,
        evaluators: [
          {
            name: "slow",
            evaluate: ({ kind }) => (kind === "other" ? verdict.promise : { decision: "allow" }),
          },
        ],
      });
      const asked = runner.run(agent, "hi", { stream: stream as true }).then(({ completed }) => completed);
      asked.catch(() => undefined);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      expect(provider.count()).toBe(0);
      verdict.resolve({ decision: "deny", reason: "not this input" });
      const error = await errorOf(asked);
      expect(error).toBeInstanceOf(GuardrailExecutionError);
      expect(findDenial(error)?.message).toMatch(/not this input/);
      expect(provider.count()).toBe(0);
    },
  );

  it("refuses in a run that is stopped, and where approval is needed", async () => {
    const stopped = await guarded();
    await stopped.gate.stop(stopped.run, "enough");
    expect((await refusalOf(stopped.runner.run(stopped.agent, "hi"))).terminal).toBe(true);
    const asks = await guarded(ruleFor("other", { decision: "require_approval", reason: "who asks?" }));
    expect((await refusalOf(asks.runner.run(asks.agent, "hi"))).code).toBe("approval_required");
    const [approval] = await asks.gate.approvals.list();
    await asks.gate.approvals.grant(approval!.id, { by: "dora" });
    expect((await asks.runner.run(asks.agent, "hi")).finalOutput).toBe("done");
  });
});

describe.each(apis)("an agent that is not gated over %s, but guarded", (api) => {
  it("does not start where its runner's models are not known to be gated", async () => {
    const { run, client, provider } = await open(() => ({}), {}, { api });
    const agent = new Agent({ name: "assistant", model: "gpt-4o", ...gateGuardrails(run) });
    const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient: client }) });
    const error = await errorOf(runner.run(agent, "hi"));
    expect(String(error)).toMatch(
      /agent "assistant" is made by its Runner's model provider.*gateModelProvider/,
    );
    expect(provider.count()).toBe(0);
  });

  it("does not start where it has a model instance that is not gated, or could hand over to one that has", async () => {
    const { run, client, runner, modelProvider, provider } = await open(() => ({}), {}, { api });
    const own = openaiModel(api, client, "gpt-4o");
    const guardrails = gateGuardrails(run, { modelProvider });
    const third = new Agent({ name: "third", model: own });
    const second = new Agent({ name: "second", model: "gpt-4o", handoffs: [handoff(third)] });
    const first = new Agent({ name: "first", model: "gpt-4o", handoffs: [second], ...guardrails });
    second.handoffs.push(first);
    for (const agent of [first, new Agent({ name: "third", model: own, ...guardrails })]) {
      expect(String(await errorOf(runner.run(agent, "hi")))).toMatch(
        /agent "third" has a model instance that is not gated/,
      );
    }
    expect(provider.count()).toBe(0);
    third.model = gateModel(own, run, { name: "gpt-4o" });
    expect((await runner.run(first, "hi")).finalOutput).toBe("ok");
  });

  it("does not start where its model is gated by another gate", async () => {
    const { client, runner } = await open(() => ({}), {}, { api });
    const { run } = await open();
    const model = gateModel(openaiModel(api, client, "gpt-4o"), run, { name: "gpt-4o" });
    const other = await open();
    const agent = new Agent({ name: "assistant", model, ...gateGuardrails(other.run) });
    expect(String(await errorOf(runner.run(agent, "hi")))).toMatch(/has a model instance that is not gated/);
  });

  it.each([false, true])(
    "does not end well where its runner has other models than it was said to (streamed: %s)",
    async (stream) => {
      const { run, client, modelProvider, provider } = await open(() => ({}), {}, { api });
      const agent = new Agent({ name: "a", model: "gpt-4o", ...gateGuardrails(run, { modelProvider }) });
      const runner = new Runner({
        modelProvider: new OpenAIProvider({ openAIClient: client, useResponses: api === "Responses" }),
      });
      const asked = runner.run(agent, "hi", { stream: stream as true }).then(({ completed }) => completed);
      expect(String(await errorOf(asked))).toMatch(/made by a model that is not gated/);
      expect(provider.count()).toBe(1);
    },
  );
});

describe("the output guardrail", () => {
  it("says which receipt the answer has, in streams as well", async () => {
    const { runner, agent, gate } = await guarded({}, () => ({}));
    const whole = await runner.run(agent, "hi");
    const streamed = await runner.run(agent, "hi", { stream: true });
    await streamed.completed;
    const ids = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision" && body.action.kind === "llm" ? [body.id] : [],
    );
    const told = [whole, streamed].map((result) => result.outputGuardrailResults[0]?.output.outputInfo);
    expect(told).toEqual(ids.map((receipt) => ({ receipt })));
  });

  it("lets a skipped call's answer pass, which no model made", async () => {
    const { runner, agent } = await guarded(
      ruleFor("llm", { decision: "skip", reason: "known", result: "hi" }),
    );
    expect((await runner.run(agent, "hi")).finalOutput).toBe("hi");
    const streamed = await runner.run(agent, "hi", { stream: true });
    await streamed.completed;
    expect(streamed.finalOutput).toBe("hi");
  });

  it("lets pass what was answered before a run went on in another process", async () => {
    const { runner, send, agent } = await guarded();
    const first = new Agent({ ...agent, tools: [{ ...send, needsApproval: async () => true }] });
    const text = approved((await runner.run(first, "hi")).state);
    // Another gate, which has not seen the answer; the tool's result is the output.
    const elsewhere = await guarded();
    const second = new Agent({
      ...elsewhere.agent,
      tools: first.tools,
      toolUseBehavior: "stop_on_first_tool",
    });
    const { finalOutput } = await elsewhere.runner.run(second, await RunState.fromString(second, text));
    expect(finalOutput).toBe("mail 1");
    expect(elsewhere.provider.count()).toBe(0);
  });
});

describe("the tool input guardrail", () => {
  it("lets a tool run and books it, with what it was said to cost", async () => {
    const { runner, agent, sent, gate } = await guarded({ budgets: [{ id: "stamps", limit: "9 stamps" }] });
    await runner.run(agent, "hi");
    expect(sent).toEqual(["bob"]);
    expect((await gate.balances())[0]).toMatchObject({ spent: 2n, held: 0n });
  });

  it.each([
    [
      { decision: "deny", reason: "no mail" },
      { tollgate: "denied", reason: "no mail" },
    ],
    [
      { decision: "skip", reason: "sent" },
      { tollgate: "skipped", reason: "sent" },
    ],
    [{ decision: "require_approval", reason: "wanted?" }, { tollgate: "approval_required" }],
    [{ decision: "degrade", patch: { params: { to: "eve" } }, reason: "x" }, { code: "degrade_failed" }],
  ] as const)("tells the model of %o", async (verdict, told) => {
    const { runner, agent, sent, fixture } = await guarded(ruleFor("tool", verdict));
    await runner.run(agent, "hi");
    expect(sent).toEqual([]);
    expect(JSON.parse(toldOf(fixture)[0]!)).toMatchObject(told);
  });

  it("tells the model a skipped call's own result", async () => {
    const skip = { decision: "skip", reason: "sent", result: "sent before" } as const;
    const { runner, agent, fixture } = await guarded(ruleFor("tool", skip));
    await runner.run(agent, "hi");
    expect(toldOf(fixture)).toEqual(["sent before"]);
  });

  it("ends the run that a call stops", async () => {
    const stop = ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" });
    const { runner, agent, sent, provider } = await guarded(stop);
    const error = await errorOf(runner.run(agent, "hi"));
    expect(error).toBeInstanceOf(ToolCallError);
    expect(findDenial(error)).toMatchObject({ terminal: true });
    expect([sent, provider.count()]).toEqual([[], 1]);
  });

  it("leaves a tool alone that is gated itself: its call is decided once", async () => {
    const { runner, agent, send, sent, gate, run } = await guarded();
    agent.tools = gateTools([send], run);
    await runner.run(agent, "hi");
    expect(sent).toEqual(["bob"]);
    expect((await decisionsOf(gate)).filter((decision) => decision.startsWith("tool"))).toEqual([
      "tool send allow",
    ]);
  });
});

describe("gateGuardrails", () => {
  it("guards all agents of a runner, too", async () => {
    const { run, gate } = await open();
    const model = gateModel(
      fakeModel(() => "hi"),
      run,
      { name: "gpt-4o" },
    );
    const { inputGuardrails, outputGuardrails } = gateGuardrails(run);
    const runner = new Runner({ inputGuardrails, outputGuardrails });
    await runner.run(new Agent({ name: "a", model }), "hi");
    expect(await decisionsOf(gate)).toEqual(["other a allow", "llm gpt-4o allow"]);
  });
});
