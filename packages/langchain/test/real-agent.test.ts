import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { balanceOf, decisionsOf, endingsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, findDenial } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { createAgent, createMiddleware, modelRetryMiddleware, summarizationMiddleware } from "langchain";
import { describe, expect, it, vi } from "vitest";
import { gateCallback, gateModel, gateTool } from "../src/index.ts";
import { gateMiddleware } from "../src/middleware.ts";
import { asked, callsLookup, counted, theirs } from "./agent-fixture.ts";
import { modelCalls, open } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

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
