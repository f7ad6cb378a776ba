import { InMemoryCache } from "@langchain/core/caches";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { balanceOf, decisionsOf, endingsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied } from "@tollgate/core";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { gateCallback, gateModel, gateStream } from "../src/index.ts";
import { modelCalls, open } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

const words = "one two three four five six seven eight nine ten";
const schema = z.object({ city: z.string() });
const lookup = tool(async () => "sunny", {
  name: "lookup",
  description: "Looks up.",
  schema: z.object({ query: z.string() }),
});

describe("a gated model", () => {
  it("sends what is bound to it, and the limit that is reserved", async () => {
    const { run, chat, provider } = await open();
    await gateModel(chat({ temperature: 0.25 }), run)
      .bindTools([lookup], { tool_choice: "auto" })
      .invoke("hi");
    const { body } = provider.requests[0]!;
    expect(body).toMatchObject({ temperature: 0.25, tool_choice: "auto" });
    expect(JSON.stringify(body.tools)).toMatch(/lookup/);
    expect(body.max_completion_tokens ?? body.max_tokens).toBe(4096);
  });

  it("leaves the ungated model as it was", async () => {
    const { run, chat, provider } = await open();
    const model = chat();
    await gateModel(model, run).invoke("hi");
    await model.invoke("hi");
    const { body } = provider.requests[1]!;
    expect(body.max_completion_tokens ?? body.max_tokens).toBeUndefined();
  });

  it("shares the output limit out to the completions that are asked for", async () => {
    const { run, chat, provider } = await open();
    await gateModel(chat({ n: 4 }), run).invoke("hi");
    const { body } = provider.requests[0]!;
    expect(body.max_completion_tokens ?? body.max_tokens).toBe(1024);
  });

  it("keeps the limit of the model where it has one", async () => {
    const { run, gate, chat, provider } = await open();
    let held = 0n;
    provider.play(() => {
      balanceOf(gate).then(
        (balance) => (held = balance.held),
        () => undefined,
      );
      return {};
    });
    await gateModel(chat({ maxTokens: 10 }), run).invoke("hi");
    const { body } = provider.requests[0]!;
    expect(body.max_completion_tokens ?? body.max_tokens).toBe(10);
    expect(held).toBeLessThan(1_000_000n);
  });

  it("sends nothing where its limit cannot be set, and says what to do", async () => {
    const { run } = await open(undefined, { unpriced: "allow" });
    const fake = new FakeListChatModel({ responses: ["ok"] });
    await expect(gateModel(fake, run).invoke("hi")).rejects.toThrow(/set one on the model yourself/);
    // One that has a field for it, and does not send it.
    const deaf = Object.assign(new FakeListChatModel({ responses: ["ok"] }), { maxTokens: 5 });
    await expect(gateModel(deaf, run).invoke("hi")).rejects.toThrow(/set one on the model yourself/);
    const unbounded = await open(undefined, { unpriced: "allow", budgets: [], maxOutputTokens: "unbounded" });
    expect((await gateModel(fake, unbounded.run).invoke("hi")).text).toBe("ok");
  });

  it("is not asked twice where a callback of its gate is registered with model and call", async () => {
    const { run, gate, chat } = await open();
    const model = gateModel(chat({ callbacks: [gateCallback(gate)] }), run);
    await model.invoke("hi", { callbacks: [gateCallback(run)] });
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow"]);
  });

  it("still tells other callbacks of the model of each call", async () => {
    const { run, chat } = await open();
    const seen: string[] = [];
    const handler = {
      handleChatModelStart: () => void seen.push("start"),
      handleLLMEnd: () => void seen.push("end"),
    };
    await gateModel(chat({ callbacks: [handler] }), run).invoke("hi");
    expect(seen).toEqual(["start", "end"]);
  });

  it("of another gate is asked too: what two gates decide is decided by both", async () => {
    const { run, gate, chat } = await open();
    const other = await open();
    await gateModel(chat(), run).invoke("hi", { callbacks: [gateCallback(other.run)] });
    expect(await decisionsOf(gate)).toHaveLength(1);
    expect(await decisionsOf(other.gate)).toHaveLength(1);
  });

  it("is not asked about a call that is aborted before it went out", async () => {
    const { run, gate, chat, provider } = await open();
    const model = gateModel(chat(), run);
    const signal = AbortSignal.abort();
    await expect(model.invoke("hi", { signal })).rejects.toThrow();
    await expect(model.stream("hi", { signal })).rejects.toThrow();
    expect(await decisionsOf(gate)).toEqual([]);
    expect(provider.count()).toBe(0);
  });

  it("does not have a refusal retried", async () => {
    const { run, gate, chat } = await open(undefined, modelCalls(0));
    const failed: unknown[] = [];
    const model = gateModel(chat(), run).withRetry({
      stopAfterAttempt: 3,
      onFailedAttempt: (error) => void failed.push(error),
    });
    await expect(model.invoke("hi")).rejects.toBeInstanceOf(ActionDenied);
    expect(await decisionsOf(gate)).toHaveLength(1);
    expect(failed).toEqual([]);
  });

  it("falls back to another gated model, decided on its own, and a stop refuses both", async () => {
    const { run, gate, chat, provider } = await open(undefined, {
      budgets: [{ id: "dear", limit: "0 calls", match: { name: "gpt-4o" } }],
    });
    const model = gateModel(chat(), run).withFallbacks([gateModel(chat({ model: "gpt-4o-mini" }), run)]);
    await model.invoke("hi");
    expect(provider.requests.map((request) => request.model)).toEqual(["gpt-4o-mini"]);
    await gate.stop(run, "enough");
    await expect(model.invoke("hi")).rejects.toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(1);
  });

  it("is not asked about answers from a cache, and a skipped call never becomes one", async () => {
    const { run, gate, chat, provider } = await open();
    const model = gateModel(chat({ cache: new InMemoryCache() }), run);
    await model.invoke("hi");
    await model.invoke("hi");
    expect(provider.count()).toBe(1);
    expect(await decisionsOf(gate)).toHaveLength(1);
    const skip = await open(
      undefined,
      ruleFor("llm", { decision: "skip", reason: "known", result: "Bergen" }),
    );
    await expect(
      gateModel(skip.chat({ cache: new InMemoryCache() }), skip.run).invoke("hi"),
    ).rejects.toThrow();
    expect((await gateModel(skip.chat(), skip.run).invoke("hi")).text).toBe("Bergen");
  });

  it("gives raw structured output too, and refuses pipelines that it does not understand", async () => {
    const { run, gate, chat } = await open(() => ({ text: '{"city":"Oslo"}' }));
    const model = gateModel(chat(), run).withStructuredOutput(schema, { includeRaw: true });
    expect((await model.invoke("hi")).parsed).toEqual({ city: "Oslo" });
    expect(await decisionsOf(gate)).toHaveLength(1);
    class Odd extends FakeListChatModel {
      override withStructuredOutput(): never {
        return ChatPromptTemplate.fromTemplate("{a}") as never;
      }
    }
    expect(() => gateModel(new Odd({ responses: [] }), run).withStructuredOutput(schema)).toThrow(TypeError);
  });

  it("answers structured output from the model that a degrade asks for", async () => {
    const { run, chat, provider } = await open(
      () => ({ text: '{"city":"Oslo"}' }),
      ruleFor("llm", { decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" }),
    );
    const model = gateModel(chat(), run, { models: (id) => chat({ model: id }) });
    expect(await model.withStructuredOutput(schema).invoke("hi")).toEqual({ city: "Oslo" });
    expect(provider.requests[0]?.model).toBe("gpt-4o-mini");
    expect(JSON.stringify(provider.requests[0]?.body.response_format)).toMatch(/city/);
  });

  it.each([
    ["the dear model again", () => "gpt-4o"],
    ["one that nobody asked for", () => "o3"],
  ])("sends nothing when options.models answers %s", async (_what, name) => {
    const { run, chat, provider } = await open(
      undefined,
      ruleFor("llm", { decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" }),
    );
    const model = gateModel(chat(), run, { models: () => chat({ model: name() }) });
    await expect(model.invoke("hi")).rejects.toThrow(
      /asks for model "gpt-4o-mini", but options.models answered/,
    );
    expect(provider.count()).toBe(0);
  });

  it("does not take a picture for a long prompt", async () => {
    const { run, gate, chat, provider } = await open();
    let held = 0n;
    provider.play(() => {
      balanceOf(gate).then(
        (balance) => (held = balance.held),
        () => undefined,
      );
      return {};
    });
    const url = `data:image/png;base64,${"A".repeat(400_000)}`;
    const content = [{ type: "image_url" as const, image_url: { url } }];
    await gateModel(chat({ maxTokens: 10 }), run).invoke([new HumanMessage({ content })]);
    expect(held).toBeLessThan(100_000n * 2_000n);
    expect(held).toBeGreaterThan(0n);
  });

  it("is the same action when a turn is run again, whatever its messages' ids", async () => {
    const { run, chat, gate, provider } = await open(
      undefined,
      ruleFor("llm", { decision: "require_approval", reason: "costly" }),
    );
    const model = gateModel(chat(), run);
    const turn = () => [new HumanMessage({ content: "hi", id: crypto.randomUUID() }), new AIMessage("ho")];
    const error = await model.invoke(turn()).catch((e) => e);
    await gate.approvals.grant(error.approvalId, { by: "bob" });
    await model.invoke(turn());
    expect(provider.count()).toBe(1);
  });
});

describe("gateStream", () => {
  it("books a stream that its reader breaks off, and cuts the request", async () => {
    const { run, gate, chat, provider } = await open(() => ({ text: words, ending: "silent" }));
    for await (const chunk of await gateStream(chat(), "hi", run)) if (chunk.text !== "") break;
    await expect.poll(() => endingsOf(gate)).toEqual(["settled estimated"]);
    await expect.poll(() => provider.open).toBe(0);
    expect((await balanceOf(gate)).held).toBe(0n);
  });

  it("books a stream that nobody reads as its provider reports it", async () => {
    const { run, gate, chat } = await open(() => ({ text: words, paceMs: 1 }));
    await gateStream(chat(), "hi", run, { call: { stop: ["x"] } });
    await expect.poll(() => endingsOf(gate)).toEqual(["settled reported"]);
  });
});
