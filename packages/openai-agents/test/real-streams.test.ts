import type { StreamEvent } from "@openai/agents";
import { Agent, type ModelRequest } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { gateModel } from "../src/index.ts";
import { fakeModel } from "./fake-model.ts";
import { decisionsOf, isAllSettled, open } from "./fixture.ts";
import { apis } from "./surfaces.ts";

const request: ModelRequest = {
  input: "hi",
  modelSettings: {},
  tools: [],
  handoffs: [],
  outputType: "text",
  tracing: false,
};

describe.each(apis)("a gated model's stream over %s", (api) => {
  it("that its reader leaves ends the request, and is booked as estimated", async () => {
    const { gate, modelProvider, provider } = await open(
      () => ({ text: "one two three", ending: "silent" }),
      {},
      { api },
    );
    const model = await modelProvider.getModel("gpt-4o");
    for await (const _event of model.getStreamedResponse(request)) break;
    await expect.poll(() => provider.open).toBe(0);
    await expect.poll(() => isAllSettled(gate)).toBe(true);
    expect((await gate.balances())[0]?.spent).toBeGreaterThan(30_000n);
  });

  it("that the reader of its run leaves is cut, and booked as estimated", async () => {
    const { gate, runner, provider } = await open(() => ({ text: "one two three" }), {}, { api });
    const result = await runner.run(new Agent({ name: "a", model: "gpt-4o" }), "hi", { stream: true });
    for await (const _text of result.toTextStream()) break;
    await expect.poll(async () => (await gate.balances())[0]?.spent).toBeGreaterThan(30_000n);
    expect(await isAllSettled(gate)).toBe(true);
    await expect.poll(() => provider.open).toBe(0);
  });

  it("is not even decided before somebody reads it", async () => {
    const { gate, modelProvider, provider } = await open(() => ({}), {}, { api });
    const model = await modelProvider.getModel("gpt-4o");
    const stream = model.getStreamedResponse(request);
    await new Promise(setImmediate);
    expect([await decisionsOf(gate), provider.count()]).toEqual([[], 0]);
    for await (const _event of stream);
    expect([await decisionsOf(gate), provider.count()]).toEqual([["llm gpt-4o allow"], 1]);
  });

  it("has the same events as without the gate", async () => {
    const { modelProvider, runner, provider } = await open(() => ({ text: "one two three" }), {}, { api });
    const model = await modelProvider.getModel("gpt-4o");
    const types: string[] = [];
    for await (const { type } of model.getStreamedResponse(request)) types.push(type);
    expect(types.filter((type) => type.startsWith("response_"))).toEqual([
      "response_started",
      "response_done",
    ]);
    expect(types.filter((type) => type === "output_text_delta").length).toBeGreaterThan(2);
    const streamed = await runner.run(new Agent({ name: "a", model: "gpt-4o" }), "hi", { stream: true });
    let text = "";
    for await (const part of streamed.toTextStream()) text += part;
    expect([text, streamed.finalOutput, provider.count()]).toEqual(["one two three", "one two three", 2]);
  });
});

describe("a gated model's stream", () => {
  it("lets the model clean up when its reader leaves, also one that heeds no signal", async () => {
    const { run } = await open();
    let isClosed = false;
    const model = {
      ...fakeModel(() => "hi"),
      async *getStreamedResponse(): AsyncGenerator<StreamEvent> {
        try {
          yield { type: "response_started" };
          yield { type: "output_text_delta", delta: "one" };
          // Longer than any reader will wait for it.
          await new Promise(setImmediate);
          for (;;) yield { type: "output_text_delta", delta: "more" };
        } finally {
          isClosed = true;
        }
      },
    };
    const gated = gateModel(model, run, { name: "gpt-4o" });
    for await (const _event of gated.getStreamedResponse(request)) break;
    await expect.poll(() => isClosed).toBe(true);
  });

  it("tells the model by its signal when its reader leaves while it is waiting for its provider", async () => {
    const { run, gate } = await open();
    const waiting = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const model = {
      ...fakeModel(() => "hi"),
      async *getStreamedResponse({ signal }: ModelRequest): AsyncGenerator<StreamEvent> {
        yield { type: "response_started" };
        signal?.addEventListener("abort", () => left.resolve());
        waiting.resolve();
        await left.promise;
      },
    };
    const gated = gateModel(model, run, { name: "gpt-4o" });
    for await (const _event of gated.getStreamedResponse(request)) {
      await waiting.promise;
      break;
    }
    await left.promise;
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("that fails after its first event was paid for", async () => {
    const { run, gate } = await open();
    const model = {
      ...fakeModel(() => "hi"),
      async *getStreamedResponse(): AsyncGenerator<StreamEvent> {
        yield { type: "response_started" };
        throw Object.assign(new Error("overloaded"), { status: 503 });
      },
    };
    const gated = gateModel(model, run, { name: "gpt-4o" });
    const read = async () => {
      for await (const _event of gated.getStreamedResponse(request));
    };
    await expect(read()).rejects.toThrow(/overloaded/);
    expect((await gate.balances())[0]?.spent).toBeGreaterThan(0n);
  });
});
