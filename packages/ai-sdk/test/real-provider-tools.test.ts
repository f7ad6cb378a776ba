import type { LanguageModelV4, LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { decisionsOf, receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { findDenial } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { generateText, streamText, tool } from "ai";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel } from "../src/index.ts";
import { open } from "./fixture.ts";

const searches = { budgets: [{ id: "searches", limit: "10 calls", match: { kind: "tool" } }] } as const;

/** A model whose provider ran `uses` web searches on the way; the mock has no such thing. */
function searcher(uses: number, ending: "whole" | "cut" = "whole"): LanguageModelV4 {
  const calls: LanguageModelV4Content[] = Array.from({ length: uses }, (_, index) => ({
    type: "tool-call",
    toolCallId: `search_${index}`,
    toolName: "web_search",
    input: "{}",
    providerExecuted: true,
  }));
  const usage = {
    inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 5, text: 5, reasoning: 0 },
  };
  const finishReason = { unified: "stop", raw: "stop" } as const;
  return {
    specificationVersion: "v4",
    provider: "openai.responses",
    modelId: "gpt-4o",
    supportedUrls: {},
    async doGenerate() {
      if (ending === "cut") throw new Error("connection cut");
      return { content: calls, finishReason, usage, warnings: [] };
    },
    async doStream() {
      const parts = [
        { type: "stream-start", warnings: [] },
        ...calls,
        ...(ending === "cut" ? [] : [{ type: "finish", finishReason, usage }]),
      ] as LanguageModelV4StreamPart[];
      return { stream: ReadableStream.from(parts) };
    },
  };
}

describe("a tool that the provider runs", () => {
  it("that is denied is taken out of the offer; the other tools stay", async () => {
    const { openai, run, gate, provider } = await open(undefined, { evaluators: [denyTools(["web_*"])] });
    const add = tool({ inputSchema: z.object({}), execute: () => 1 });
    await generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools: { web_search: openai.tools.webSearch(), add },
      prompt: "hi",
    });
    expect(provider.requests[0]!.body.tools).toMatchObject([{ type: "function", name: "add" }]);
    expect(await decisionsOf(gate)).toEqual(["tool web_search deny", "llm gpt-4o allow"]);
  });

  it("that is denied takes an empty offer and its tool choice with it", async () => {
    const { openai, run, provider } = await open(undefined, { evaluators: [denyTools(["web_*"])] });
    await streamText({
      model: gateModel(openai("gpt-4o"), run),
      tools: { web_search: openai.tools.webSearch() },
      toolChoice: "auto",
      prompt: "hi",
    }).consumeStream();
    expect(provider.requests[0]!.body).not.toHaveProperty("tools");
    expect(provider.requests[0]!.body).not.toHaveProperty("tool_choice");
  });

  it("that is denied and insisted on refuses the call", async () => {
    const { openai, run, provider } = await open(undefined, { evaluators: [denyTools(["web_*"])] });
    const call = generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools: { web_search: openai.tools.webSearch() },
      toolChoice: { type: "tool", toolName: "web_search" },
      prompt: "hi",
    });
    expect(findDenial(await call.catch((error) => error))?.refusal.action).toEqual({
      kind: "tool",
      name: "web_search",
    });
    expect(provider.count()).toBe(0);
  });

  it.each([
    ["generate", 0, 0n],
    ["generate", 3, 3n],
    ["stream", 0, 0n],
    ["stream", 3, 3n],
  ] as const)("in %s, used %i times, is booked so often", async (how, uses, spent) => {
    const { openai, run, gate } = await open(undefined, searches);
    const model = gateModel(searcher(uses), run);
    const tools = { web_search: openai.tools.webSearch() };
    if (how === "generate") await generateText({ model, tools, prompt: "hi" });
    else await streamText({ model, tools, prompt: "hi" }).consumeStream();
    expect(await gate.balances()).toMatchObject([{ budget: "searches", spent, held: 0n }]);
  });

  it.each(["generate", "stream"] as const)("in %s that broke off counts as used once", async (how) => {
    const { openai, run, gate } = await open(undefined, searches);
    const model = gateModel(searcher(0, "cut"), run);
    const tools = { web_search: openai.tools.webSearch() };
    if (how === "generate") await generateText({ model, tools, prompt: "hi" }).catch(() => undefined);
    else await streamText({ model, tools, prompt: "hi", onError() {} }).consumeStream();
    expect(await gate.balances()).toMatchObject([{ budget: "searches", spent: 1n, held: 0n }]);
  });

  it.each(["generate", "stream"] as const)("in a skipped %s call was not used", async (how) => {
    const { openai, run, gate } = await open(undefined, {
      ...searches,
      ...ruleFor("llm", { decision: "skip", reason: "known" }),
    });
    const model = gateModel(openai("gpt-4o"), run);
    const tools = { web_search: openai.tools.webSearch() };
    if (how === "generate") await generateText({ model, tools, prompt: "hi" });
    else await streamText({ model, tools, prompt: "hi" }).consumeStream();
    expect(await gate.balances()).toMatchObject([{ budget: "searches", spent: 0n, held: 0n }]);
  });

  it("is not booked when the call that offered it is refused", async () => {
    const { openai, run, gate } = await open(undefined, {
      budgets: [
        { id: "searches", limit: "10 calls", match: { kind: "tool" } },
        { id: "turns", limit: "0 calls", match: { kind: "llm" } },
      ],
    });
    const tools = { web_search: openai.tools.webSearch() };
    await expect(
      generateText({ model: gateModel(openai("gpt-4o"), run), tools, prompt: "hi" }),
    ).rejects.toThrow();
    expect(await gate.balances({ budget: "searches" })).toMatchObject([{ spent: 0n, held: 0n }]);
    const [ending] = (await receiptsOf(gate)).filter((body) => body.type === "settlement");
    expect(ending).toMatchObject({ outcome: "released" });
  });
});
