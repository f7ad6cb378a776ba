import { findDenial, type GateOptions } from "@tollgate/core";
import {
  type LanguageCall,
  type LanguageModel,
  LanguageModelGate,
  type LanguagePart,
  type LanguageResult,
  type LanguageStream,
} from "@tollgate/core/adapter";
import { describe, expect, it } from "vitest";
import { gateFixture } from "./gate-fixture.ts";

/** A model of specification v2 whose usage is plain numbers, and what it was called with. */
function modelV2(modelId = "big") {
  const calls: LanguageCall[] = [];
  const usage = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100 };
  const model: LanguageModel = {
    specificationVersion: "v2",
    provider: "acme.chat",
    modelId,
    async doGenerate(call): Promise<LanguageResult> {
      calls.push(call);
      return { content: [{ type: "text" }], usage };
    },
    async doStream(call): Promise<LanguageStream> {
      calls.push(call);
      const parts: LanguagePart[] = [
        { type: "text-delta", delta: "a" },
        { type: "finish", usage },
      ];
      return { stream: ReadableStream.from(parts) };
    },
  };
  return { model, calls };
}

const call: LanguageCall = { prompt: [{ role: "user", content: "hello" }] };
const budgets = [{ id: "money", limit: "$10" }] as const;
// 1,000 tokens at $10 and 100 at $20 per million.
const cost = 12_000_000n;
const open = (options: GateOptions = {}) => gateFixture({ budgets, ...options });
const rule = (verdict: object): Pick<GateOptions, "evaluators"> => ({
  evaluators: [{ name: "rule", evaluate: () => verdict as never }],
});

describe("a model of an older specification", () => {
  it("is booked by the plain numbers of its usage, generated and streamed", async () => {
    const { gate, money, check } = open();
    const { model, calls } = modelV2();
    const gated = new LanguageModelGate(gate);
    await gated.generate(model, call);
    expect(await money("money")).toEqual({ spent: cost, held: 0n });
    const { stream } = await gated.stream(model, call);
    for await (const _part of stream);
    expect(await money("money")).toEqual({ spent: 2n * cost, held: 0n });
    // The output limit that was reserved is sent.
    expect(calls.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([4096, 4096]);
    await check();
  });

  it("answers a skip in its own form", async () => {
    const { gate } = open(rule({ decision: "skip", reason: "known", result: "made up" }));
    const { model, calls } = modelV2();
    const gated = new LanguageModelGate(gate);
    expect(await gated.generate(model, call)).toMatchObject({
      content: [{ type: "text", text: "made up" }],
      finishReason: "stop",
    });
    const parts: LanguagePart[] = [];
    for await (const part of (await gated.stream(model, call)).stream) parts.push(part);
    expect(parts.map(({ type }) => type)).toEqual([
      "stream-start",
      "text-start",
      "text-delta",
      "text-end",
      "finish",
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: "stop" });
    expect(calls).toHaveLength(0);
  });

  it("does not offer a provider tool that is refused", async () => {
    const { gate } = open({
      evaluators: [
        {
          name: "no_tools",
          evaluate: ({ kind }) =>
            kind === "tool" ? { decision: "deny", reason: "no" } : { decision: "allow" },
        },
      ],
    });
    const { model, calls } = modelV2();
    const tools = [
      { type: "provider-defined", name: "web_search", id: "openai.web_search", args: {} },
      { type: "function", name: "lookup" },
    ];
    await new LanguageModelGate(gate).generate(model, { ...call, tools });
    expect(calls[0]?.tools).toEqual([tools[1]]);
  });

  it("is replaced by the one that a degrade asks for, or not called at all", async () => {
    const degrade = rule({ decision: "degrade", reason: "cheaper", patch: { model: "small" } });
    const big = modelV2();
    const small = modelV2("small");
    const { gate, money } = open(degrade);
    await new LanguageModelGate(gate, { models: () => small.model }).generate(big.model, call);
    expect([big.calls.length, small.calls.length]).toEqual([0, 1]);
    expect(await money("money")).toEqual({ spent: cost / 10n, held: 0n });
    for (const models of [undefined, () => undefined, () => big.model]) {
      const gated = new LanguageModelGate(gate, { models });
      const error = await gated.generate(big.model, call).catch((thrown: unknown) => thrown);
      expect(findDenial(error)?.refusal.reasonCode).toBe("degrade_failed");
    }
    expect(big.calls).toHaveLength(0);
    expect(await money("money")).toEqual({ spent: cost / 10n, held: 0n });
  });

  it("is refused so that nobody tries again", async () => {
    const { gate } = open({ budgets: [{ id: "money", limit: "$0.01" }] });
    const gated = new LanguageModelGate(gate);
    const { model, calls } = modelV2();
    for (const attempt of [gated.generate(model, call), gated.stream(model, call)]) {
      const error = await attempt.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ isRetryable: false });
      expect(findDenial(error)?.refusal.reasonCode).toBe("budget_exceeded");
    }
    expect(calls).toHaveLength(0);
  });
});
