import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { tool } from "@langchain/core/tools";
import { Command, type Interrupt, interrupt, MemorySaver } from "@langchain/langgraph";
import { ActionDenied, denyTools, findDenial, InvalidConfig } from "@tollgate/core";
import {
  type AgentMiddleware,
  createAgent,
  createMiddleware,
  modelFallbackMiddleware,
  modelRetryMiddleware,
  summarizationMiddleware,
  toolRetryMiddleware,
} from "langchain";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { gateCallback, gateModel, gateTool } from "../src/index.ts";
import { answerApproval, gateMiddleware, gateOutermost } from "../src/middleware.ts";
import { balanceOf, decisionsOf, endingsOf, type Fixture, modelCalls, open, ruleFor } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

const asked = { messages: [{ role: "user", content: "hi" }] };
const callsLookup = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "lookup", arguments: { query: "a" } }] } : { text: "done" };
const needsApproval = ruleFor("tool", {
  decision: "require_approval",
  reason: "is it wanted?",
  approver: "boss",
});

/** A tool that counts its runs by argument. */
function counted(run: (query: string) => unknown = () => "sunny") {
  const ran: string[] = [];
  const lookup = tool(
    async ({ query }) => {
      ran.push(query);
      return run(query);
    },
    { name: "lookup", description: "Looks up.", schema: z.object({ query: z.string() }) },
  );
  return { lookup, ran };
}

/** LangChain's own middleware, whose types (of zod 3) do not hold under exactOptionalPropertyTypes. */
const theirs = (middleware: object) => middleware as AgentMiddleware;

const interruptsOf = (state: object): readonly Interrupt[] =>
  (state as { __interrupt__?: Interrupt[] }).__interrupt__ ?? [];

describe("an agent's model calls", () => {
  it("end the agent when they are refused, with an error that tells why", async () => {
    const { run, chat, provider } = await open(undefined, modelCalls(0));
    const agent = createAgent({ model: chat(), middleware: [gateMiddleware(run)] });
    const error = await agent.invoke(asked).catch((e) => e);
    expect(error).not.toBeInstanceOf(ActionDenied);
    expect(findDenial(error)).toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(0);
  });

  it("are booked once where the model has a callback too, and where the call has", async () => {
    const { run, gate, chat, provider } = await open(callsLookup);
    const { lookup } = counted();
    const agent = createAgent({
      model: chat({ callbacks: [gateCallback(run)] }),
      tools: [lookup],
      middleware: [gateMiddleware(run)],
    });
    await agent.invoke(asked, { callbacks: [gateCallback(run)] });
    expect(provider.count()).toBe(2);
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow", "tool lookup allow", "llm gpt-4o allow"]);
    expect((await balanceOf(gate)).spent).toBe(2n * 360_000n);
  });

  it("are booked once where the model is gated already", async () => {
    const { run, gate, chat } = await open();
    const model = gateModel(chat(), run);
    await createAgent({ model, middleware: [gateMiddleware(run)] }).invoke(asked);
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow"]);
  });

  it("do not have their callback stand aside for metadata that only looks like the gate's", async () => {
    const { run, chat, provider } = await open(undefined, modelCalls(0));
    const model = chat({ callbacks: [gateCallback(run)] });
    const metadata = { tollgate: "gated" };
    await expect(model.invoke("hi", { metadata })).rejects.toBeInstanceOf(ActionDenied);
    await expect(model.invoke("hi", { metadata: { tollgate: {} } })).rejects.toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(0);
  });

  it("are decided anew for every attempt of a retry further in, and a refusal ends the retrying", async () => {
    const { run, gate, chat, provider } = await open(() => ({ status: 500 }), modelCalls(1));
    const retry = theirs(modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1, jitter: false }));
    provider.play(() => {
      // The first attempt's money is back: take it away before there is a second one.
      gate.stop(run, "enough").catch(() => undefined);
      return { status: 500 };
    });
    const agent = createAgent({ model: chat(), middleware: [gateMiddleware(run), retry] });
    const error = await agent.invoke(asked).catch((e) => e);
    expect(findDenial(error)?.terminal).toBe(true);
    expect(provider.count()).toBe(1);
  });

  it("let a retry further in go on after an error of the provider", async () => {
    const { run, gate, chat, provider } = await open(({ index }) => (index === 0 ? { status: 500 } : {}));
    const retry = theirs(modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1, jitter: false }));
    await createAgent({ model: chat(), middleware: [gateMiddleware(run), retry] }).invoke(asked);
    expect(provider.count()).toBe(2);
    expect(await endingsOf(gate)).toEqual(["released", "settled reported"]);
  });

  it("go to the model that a degrade asks for, with tools bound to it", async () => {
    const { run, chat, provider } = await open(
      callsLookup,
      ruleFor("llm", {
        decision: "degrade",
        patch: { model: "gpt-4o-mini", maxOutputTokens: 50 },
        reason: "thrift",
      }),
    );
    const { lookup } = counted();
    const middleware = [gateMiddleware(run, { models: (model) => chat({ model }) })];
    await createAgent({ model: chat(), tools: [lookup], middleware }).invoke(asked);
    expect(provider.requests.map(({ model }) => model)).toEqual(["gpt-4o-mini", "gpt-4o-mini"]);
    expect(provider.requests.map(({ body }) => body.max_completion_tokens ?? body.max_tokens)).toEqual([
      50, 50,
    ]);
    expect(JSON.stringify(provider.requests[0]?.body.tools)).toMatch(/lookup/);
  });

  it("carry their run to models that a middleware further in calls with the gate alone", async () => {
    const { run, gate, chat } = await open();
    const checker = gateModel(chat(), gate);
    const checking = createMiddleware({
      name: "checking",
      async wrapModelCall(request, handler) {
        await checker.invoke("is it safe?");
        return handler(request);
      },
    });
    await createAgent({ model: chat(), middleware: [gateMiddleware(run), checking] }).invoke(asked);
    const runs: string[] = [];
    for await (const { body } of gate.receipts()) if (body.type === "decision") runs.push(body.action.run);
    expect(runs).toEqual([run.id, run.id]);
  });

  it("of a summary are covered by gating the summary's model", async () => {
    const { run, gate, chat, provider } = await open();
    const summary = (model: BaseChatModel) =>
      theirs(
        summarizationMiddleware({
          model,
          trigger: { messages: 2 },
          keep: { messages: 1 },
          tokenCounter: () => 10,
          // Its parameter resolves to never, for the same reason.
        } as never),
      );
    const long = { messages: ["a", "b", "c", "d"].map((content) => ({ role: "user", content })) };
    const ungated = createAgent({ model: chat(), middleware: [gateMiddleware(run), summary(chat())] });
    await ungated.invoke(long);
    expect(provider.count()).toBe(2);
    expect(await decisionsOf(gate)).toHaveLength(1);
    const gated = createAgent({
      model: chat(),
      middleware: [gateMiddleware(run), summary(gateModel(chat(), run))],
    });
    await gated.invoke(long);
    expect(provider.count()).toBe(4);
    expect(await decisionsOf(gate)).toHaveLength(3);
  });
});

describe("a middleware before the gate", () => {
  it.each([
    ["a model retry", theirs(modelRetryMiddleware({ maxRetries: 2, initialDelayMs: 1, jitter: false }))],
    ["a model fallback", theirs(modelFallbackMiddleware("openai:gpt-4o"))],
  ])("that is %s is told of as the agent's error, and reaches no provider", async (_what, retry) => {
    const { run, chat, provider } = await open(undefined, modelCalls(0));
    const agent = createAgent({ model: chat(), middleware: [retry, gateMiddleware(run)] });
    const error = await agent.invoke(asked).catch((e) => e);
    expect(String(error)).toMatch(/gateMiddleware must come first/);
    expect(provider.count()).toBe(0);
    await expect(agent.invoke(asked)).rejects.toThrow(/gateMiddleware must come first/);
  });

  it("that is a tool retry is told of, and the tool runs once at most", async () => {
    const { run, chat } = await open(callsLookup);
    const { lookup, ran } = counted(() => {
      throw new Error("broken");
    });
    const retry = theirs(toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 1, jitter: false }));
    const middleware = [retry, gateMiddleware(run, { toolErrors: "throw" })];
    const error = await createAgent({ model: chat(), tools: [lookup], middleware })
      .invoke(asked)
      .catch((e) => e);
    expect(String(error)).toMatch(/gateMiddleware must come first/);
    expect(ran).toEqual(["a"]);
  });

  it("is found by gateOutermost before anything is called", async () => {
    const { run } = await open();
    const retry = modelRetryMiddleware();
    const gate = gateMiddleware(run);
    expect(gateOutermost([gate, retry])).toEqual([gate, retry]);
    expect(() => gateOutermost([retry, gate])).toThrow(InvalidConfig);
    expect(() => gateOutermost([retry, gate])).toThrow(/modelRetryMiddleware stands before it/);
    expect(() => gateOutermost([retry])).toThrow(/gateMiddleware is missing/);
  });

  it("may see the calls as long as it makes each once", async () => {
    const { run, chat, provider } = await open(callsLookup);
    const { lookup, ran } = counted();
    const seen: string[] = [];
    const watcher = createMiddleware({
      name: "watcher",
      wrapModelCall: (request, handler) => {
        seen.push("model");
        return handler(request);
      },
    });
    await createAgent({ model: chat(), tools: [lookup], middleware: [watcher, gateMiddleware(run)] }).invoke(
      asked,
    );
    expect(seen).toEqual(["model", "model"]);
    expect([provider.count(), ran.length]).toEqual([2, 1]);
  });
});

describe("an agent's tool calls", () => {
  it("tell the model why they were denied, in one payload with the receipt's id", async () => {
    const { run, chat } = await open(callsLookup, { evaluators: [denyTools(["lookup"])] });
    const { lookup, ran } = counted();
    const agent = createAgent({ model: chat(), tools: [lookup], middleware: [gateMiddleware(run)] });
    const { messages } = await agent.invoke(asked);
    const told = messages.find((message) => message.getType() === "tool");
    expect(told).toMatchObject({ status: "error", tool_call_id: "call_1", name: "lookup" });
    expect(JSON.parse(String(told?.content))).toMatchObject({
      tollgate: "denied",
      code: "policy_denied",
      terminal: false,
      receipt: expect.any(String),
    });
    expect(ran).toEqual([]);
  });

  it("end the agent with the very refusal that stopped the run", async () => {
    const stop = ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" });
    const { run, chat } = await open(callsLookup, stop);
    const { lookup } = counted();
    const agent = createAgent({ model: chat(), tools: [lookup], middleware: [gateMiddleware(run)] });
    const error = await agent.invoke(asked).catch((e) => e);
    expect(findDenial(error)?.refusal).toMatchObject({
      reasonCode: "policy_denied",
      action: { kind: "tool" },
    });
  });

  it("run with the arguments that a degrade changed", async () => {
    const { run, chat } = await open(
      callsLookup,
      ruleFor("tool", { decision: "degrade", patch: { params: { query: "b" } }, reason: "safer" }),
    );
    const { lookup, ran } = counted();
    await createAgent({ model: chat(), tools: [lookup], middleware: [gateMiddleware(run)] }).invoke(asked);
    expect(ran).toEqual(["b"]);
  });

  it("tell the model of an error as an agent without middleware does, and are booked", async () => {
    const ungated = await open(callsLookup);
    const { lookup } = counted(() => {
      throw new Error("broken");
    });
    const plain = await createAgent({ model: ungated.chat(), tools: [lookup] }).invoke(asked);
    const wanted = plain.messages.find((message) => message.getType() === "tool");
    expect(String(wanted?.content)).toMatch(/broken/);
    const gated = await open(callsLookup);
    const agent = createAgent({
      model: gated.chat(),
      tools: [lookup],
      middleware: [gateMiddleware(gated.run)],
    });
    const { messages } = await agent.invoke(asked);
    const told = messages.find((message) => message.getType() === "tool");
    expect(told?.content).toBe(wanted?.content);
    expect(await endingsOf(gated.gate)).toEqual(["settled reported", "settled reported", "settled reported"]);
  });

  it("are decided once where the tool is gated already", async () => {
    const { run, gate, chat } = await open(callsLookup);
    const { lookup, ran } = counted();
    const tools = [gateTool(lookup, run)];
    await createAgent({ model: chat(), tools, middleware: [gateMiddleware(run)] }).invoke(asked);
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow", "tool lookup allow", "llm gpt-4o allow"]);
    expect(ran).toEqual(["a"]);
  });

  it("cost what the options say", async () => {
    const { run, gate, chat } = await open(callsLookup, { budgets: [{ id: "mails", limit: "9 emails" }] });
    const { lookup } = counted();
    const middleware = [gateMiddleware(run, { actions: { lookup: () => ({ amounts: { emails: 3n } }) } })];
    await createAgent({ model: chat(), tools: [lookup], middleware }).invoke(asked);
    expect((await balanceOf(gate, "mails")).spent).toBe(3n);
  });
});

describe("an agent's approvals", () => {
  const open3 = (): Promise<Fixture> =>
    open(
      ({ index }) =>
        index === 0
          ? {
              toolCalls: ["a", "b", "c"].map((query) => ({
                id: `call_${query}`,
                name: "lookup",
                arguments: { query },
              })),
            }
          : { text: "done" },
      needsApproval,
    );
  const agentOf = ({ run, chat }: Fixture, lookup: ReturnType<typeof counted>["lookup"], options = {}) =>
    createAgent({
      model: chat(),
      tools: [lookup],
      middleware: [gateMiddleware(run, options)],
      checkpointer: new MemorySaver(),
    });
  const config = { configurable: { thread_id: "one" } };

  it("are interrupts that say what is to be approved, and by whom", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const [pause] = interruptsOf(await agentOf(fixture, lookup).invoke(asked, config));
    const [approval] = await fixture.gate.approvals.list();
    expect(pause?.value).toEqual({
      tollgate: "approval_required",
      request: expect.any(String),
      approval: approval?.id,
      action: { kind: "tool", name: "lookup" },
      reason: "is it wanted?",
      approver: "boss",
    });
    expect(ran).toEqual([]);
  });

  it("approve one call of three, and leave the others pending", async () => {
    const fixture = await open3();
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const pauses = interruptsOf(await agent.invoke(asked, config));
    expect(pauses).toHaveLength(3);
    const second = pauses.find(({ value }) => (value as { request: string }).request.includes("call_b"));
    const resume = answerApproval(second!, { approved: true, by: "bob" });
    const left = interruptsOf(await agent.invoke(new Command({ resume }), config));
    expect(left).toHaveLength(2);
    expect(ran).toEqual(["b"]);
    expect(fixture.provider.count()).toBe(1);
    const statuses = (await fixture.gate.approvals.list({ status: "all" })).map(({ status }) => status);
    expect(statuses.sort()).toEqual(["pending", "pending", "used"]);
  });

  it("approve nothing by a plain resume that reaches every pending call", async () => {
    const fixture = await open3();
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    await agent.invoke(asked, config);
    await agent.invoke(new Command({ resume: { approved: true, by: "mallory" } }), config);
    expect(ran).toEqual([]);
  });

  it("run the tool once and call the model once per turn, however often they are answered", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const resume = answerApproval(pause!, { approved: true, by: "bob" });
    await Promise.allSettled([
      agent.invoke(new Command({ resume }), config),
      agent.invoke(new Command({ resume }), config),
    ]);
    expect(ran).toEqual(["a"]);
    const used = await fixture.gate.approvals.list({ status: "used" });
    expect(used).toHaveLength(1);
  });

  it("are asked for anew when an old checkpoint is run again with the answer that was used up", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const { config: old } = await agent.graph.getState(config);
    const resume = answerApproval(pause!, { approved: true, by: "bob" });
    await agent.invoke(new Command({ resume }), old);
    expect(ran).toEqual(["a"]);
    const again = await agent.invoke(new Command({ resume }), old);
    expect(ran).toEqual(["a"]);
    expect(interruptsOf(again)).toHaveLength(1);
    expect(await fixture.gate.approvals.list({ status: "used" })).toHaveLength(1);
  });

  it("are asked for once where the approved tool interrupts by itself", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted(() => interrupt("what city?"));
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const approved = answerApproval(pause!, { approved: true, by: "bob" });
    const [question] = interruptsOf(await agent.invoke(new Command({ resume: approved }), config));
    expect(question?.value).toBe("what city?");
    const { messages } = await agent.invoke(new Command({ resume: { [question!.id!]: "Oslo" } }), config);
    expect(messages.find((message) => message.getType() === "tool")?.content).toBe("Oslo");
    expect(ran).toEqual(["a", "a"]);
  });

  it("tell the model who said no, and why", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const resume = answerApproval(pause!, { approved: false, by: "bob", reason: "too late" });
    const { messages } = await agent.invoke(new Command({ resume }), config);
    expect(ran).toEqual([]);
    expect(String(messages.find((message) => message.getType() === "tool")?.content)).toMatch(
      /bob denied approval .*too late/,
    );
  });

  it("go by who approvedBy says, and ask again for who it does not accept", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup, {
      approvedBy: ({ by }: { by: string }) => (by === "mallory" ? null : `user:${by}`),
    });
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const again = await agent.invoke(
      new Command({ resume: answerApproval(pause!, { approved: true, by: "mallory" }) }),
      config,
    );
    expect(ran).toEqual([]);
    const [still] = interruptsOf(again);
    await agent.invoke(
      new Command({ resume: answerApproval(still!, { approved: true, by: "bob" }) }),
      config,
    );
    expect(ran).toEqual(["a"]);
    const [used] = await fixture.gate.approvals.list({ status: "used" });
    expect(used?.answer?.by).toBe("user:bob");
  });

  it("of a model call interrupt before it is made, and make it once", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "require_approval", reason: "costly" }));
    const { lookup } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    expect(fixture.provider.count()).toBe(0);
    await agent.invoke(
      new Command({ resume: answerApproval(pause!, { approved: true, by: "bob" }) }),
      config,
    );
    expect(fixture.provider.count()).toBe(1);
    expect(await fixture.gate.approvals.list({ status: "all" })).toHaveLength(1);
  });

  it("are refusals with the id to grant in an agent without a checkpointer", async () => {
    const { run, gate, chat } = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = createAgent({ model: chat(), tools: [lookup], middleware: [gateMiddleware(run)] });
    const { messages } = await agent.invoke(asked);
    const told = JSON.parse(String(messages.find((message) => message.getType() === "tool")?.content));
    const [approval] = await gate.approvals.list();
    expect(told).toMatchObject({ tollgate: "approval_required", approval: approval?.id });
    expect(ran).toEqual([]);
  });

  it("leave a tool's own interrupt alone, and charge the tool once", async () => {
    const { run, gate, chat } = await open(callsLookup);
    const { lookup, ran } = counted(() => interrupt("what city?"));
    const agent = createAgent({
      model: chat(),
      tools: [lookup],
      middleware: [gateMiddleware(run)],
      checkpointer: new MemorySaver(),
    });
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    expect(pause?.value).toBe("what city?");
    const { messages } = await agent.invoke(new Command({ resume: "Oslo" }), config);
    expect(messages.find((message) => message.getType() === "tool")?.content).toBe("Oslo");
    expect(ran).toEqual(["a", "a"]);
    expect((await endingsOf(gate)).filter((ending) => ending === "released")).toHaveLength(1);
  });

  it("answer nothing but the gate's interrupts", () => {
    expect(() => answerApproval({ id: "x", value: "what city?" }, { approved: true, by: "bob" })).toThrow(
      TypeError,
    );
  });
});
