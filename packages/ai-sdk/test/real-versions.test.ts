import type { LanguageModelV2, LanguageModelV2StreamPart } from "@ai-sdk/provider";
import { receiptsOf } from "@tollgate/conformance/test-gate";
import { generateObject, generateText, streamText } from "ai";
import { MockLanguageModelV3, MockLanguageModelV4 } from "ai/test";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel } from "../src/index.ts";
import { open } from "./fixture.ts";

globalThis.AI_SDK_LOG_WARNINGS = false;

const text = { type: "text", text: "ok" } as const;
const usageV2 = {
  inputTokens: 100,
  outputTokens: 20,
  totalTokens: 120,
  cachedInputTokens: 40,
  reasoningTokens: 5,
};
const usageV3 = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: 0 },
  outputTokens: { total: 20, text: 15, reasoning: 5 },
};
const delta = [
  { type: "stream-start" as const, warnings: [] },
  { type: "text-start" as const, id: "1" },
  { type: "text-delta" as const, id: "1", delta: "ok" },
  { type: "text-end" as const, id: "1" },
];

const v2 = (): LanguageModelV2 => ({
  specificationVersion: "v2",
  provider: "openai.chat",
  modelId: "gpt-4o",
  supportedUrls: {},
  doGenerate: async () => ({ content: [text], finishReason: "stop", usage: usageV2, warnings: [] }),
  doStream: async () => ({
    stream: ReadableStream.from<LanguageModelV2StreamPart>([
      ...delta,
      { type: "finish", finishReason: "stop", usage: usageV2 },
    ]),
  }),
});
const stop = { unified: "stop", raw: "stop" } as const;
const v3 = () =>
  new MockLanguageModelV3({
    provider: "openai.chat",
    modelId: "gpt-4o",
    doGenerate: async () => ({ content: [text], finishReason: stop, usage: usageV3, warnings: [] }),
    doStream: async () => ({
      stream: ReadableStream.from([
        ...delta,
        { type: "finish", finishReason: stop, usage: usageV3 } as const,
      ]),
    }),
  });

describe("a model of an older specification", () => {
  it.each([
    ["v2", v2],
    ["v3", v3],
  ])("%s is gated and booked like any other", async (_version, make) => {
    const { run, gate } = await open();
    const model = gateModel(make(), run);
    expect((await generateText({ model, prompt: "hi" })).text).toBe("ok");
    expect(await streamText({ model, prompt: "hi" }).text).toBe("ok");
    const endings = (await receiptsOf(gate)).flatMap((body) => (body.type === "settlement" ? [body] : []));
    expect(endings.map(({ usage, source }) => [usage, source])).toMatchObject([
      [{ input_tokens: 100, output_tokens: 20, cache_read_tokens: 40, reasoning_tokens: 5 }, "reported"],
      [{ input_tokens: 100, output_tokens: 20, cache_read_tokens: 40, reasoning_tokens: 5 }, "reported"],
    ]);
  });
});

describe("an answer that the AI SDK cannot use", () => {
  it("was paid for all the same", async () => {
    const { openai, run, gate } = await open(() => ({ text: "no JSON at all" }));
    const schema = z.object({ city: z.string() });
    await expect(
      generateObject({ model: gateModel(openai("gpt-4o"), run), prompt: "hi", schema }),
    ).rejects.toThrow();
    expect(await gate.balances()).toMatchObject([{ spent: 100n * 2_000n + 20n * 8_000n, held: 0n }]);
  });
});

describe("a call that was aborted before it began", () => {
  it("asks the gate for nothing", async () => {
    const { openai, run, gate, provider } = await open();
    const call = gateModel(openai("gpt-4o"), run).doGenerate({
      prompt: [],
      abortSignal: AbortSignal.abort(),
    });
    await expect(call).rejects.toThrow(/abort/i);
    expect((await receiptsOf(gate)).some(({ type }) => type === "decision")).toBe(false);
    expect(provider.count()).toBe(0);
  });
});

describe("a stream that nobody reads", () => {
  it("is not gathered in memory without end", async () => {
    const { run } = await open();
    let read = 0;
    const mebibyte = "x".repeat(1024 * 1024);
    const model = new MockLanguageModelV4({
      provider: "openai.chat",
      modelId: "gpt-4o",
      doStream: async () => ({
        stream: new ReadableStream(
          {
            pull(controller) {
              read += 1;
              controller.enqueue({ type: "text-delta", id: "1", delta: mebibyte });
            },
          },
          { highWaterMark: 0 },
        ),
      }),
    });
    const { stream } = await gateModel(model, run).doStream({ prompt: [] });
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    expect(read).toBe(16);
    await stream.cancel();
  });
});

describe("in shadow mode", () => {
  it("everything goes through, and the receipts say what would not have", async () => {
    const { openai, run, gate, provider } = await open(undefined, {
      mode: "shadow",
      budgets: [{ id: "turns", limit: "0 calls" }],
    });
    expect((await generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" })).text).toBe("ok");
    expect(provider.count()).toBe(1);
    const [decision] = (await receiptsOf(gate)).filter((body) => body.type === "decision");
    expect(decision).toMatchObject({ decision: { outcome: "deny", mode: "shadow" } });
  });
});
