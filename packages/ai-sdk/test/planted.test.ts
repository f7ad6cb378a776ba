import { createOpenAI } from "@ai-sdk/openai";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { type Bench, benchModels, type Surface } from "@tollgate/conformance/adapter-driver";
import { runRow } from "@tollgate/conformance/adapter-row";
import { adapterRows } from "@tollgate/conformance/adapter-suite";
import { type ActionInput, gateBudget, guard, type Permit } from "@tollgate/core";
import { languageUsage } from "@tollgate/core/adapter";
import { generateText, type LanguageModelMiddleware, streamText, wrapLanguageModel } from "ai";
import { describe, expect, it } from "vitest";
import { aiSdkDriver } from "./surfaces.ts";

const action: ActionInput = { kind: "llm", name: benchModels.chat, maxOutputTokens: 4096 };
type Wrap = (bench: Bench) => LanguageModelMiddleware;

/** Ways to gate the AI SDK that look right, each with a row that shows what is wrong. */
const planted: readonly (readonly [what: string, surface: Surface, rule: RegExp, wrap: Wrap])[] = [
  [
    "gates generate and forgets stream",
    "stream",
    /exactly two reach the provider/,
    ({ run }) => ({
      wrapGenerate: ({ doGenerate }) =>
        guard(run, action, doGenerate, { usage: ({ usage }) => ({ usage: languageUsage(usage) }) }),
    }),
  ],
  [
    "reserves in transformParams and settles what succeeded",
    "generate",
    /does not bill for gives the money back/,
    ({ run }) => {
      const open: Permit[] = [];
      return {
        async transformParams({ params }) {
          open.push(await gateBudget(run, action));
          return params;
        },
        async wrapGenerate({ doGenerate }) {
          const result = await doGenerate();
          await open.pop()?.settle({ usage: languageUsage(result.usage) });
          return result;
        },
      };
    },
  ],
  [
    "settles nothing",
    "generate",
    /what the provider says was used/,
    ({ run }) => ({
      async wrapGenerate({ doGenerate }) {
        await gateBudget(run, action);
        return await doGenerate();
      },
    }),
  ],
  [
    "settles a stream when it is flushed",
    "streamHalfRead",
    /nothing stays held/,
    ({ run }) => ({
      async wrapStream({ doStream }) {
        const permit = await gateBudget(run, action);
        const { stream, ...rest } = await doStream();
        const watch = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
          async flush() {
            await permit.settle();
          },
        });
        return { ...rest, stream: stream.pipeThrough(watch) };
      },
    }),
  ],
];

describe.concurrent("the conformance suite fails a middleware that", () => {
  it.each(planted)("%s", async (_what, surface, rule, wrap) => {
    const row = adapterRows.find((row) => row.surface === surface && rule.test(row.rule));
    const perform = async (bench: Bench) => {
      const model = wrapLanguageModel({
        model: createOpenAI({ baseURL: bench.provider.url, apiKey: "none" })(benchModels.chat),
        middleware: wrap(bench),
      });
      if (surface === "generate") return generateText({ model, prompt: "hi" });
      const { textStream } = streamText({ model, prompt: "hi", onError() {} });
      for await (const _text of textStream) if (surface === "streamHalfRead") break;
    };
    const surfaces = { ...aiSdkDriver.surfaces, [surface]: { coverage: "enforces", perform } };
    await expect(runRow(row!, { ...aiSdkDriver, surfaces }, 3_000)).rejects.toThrow(
      /still held|went through although it was refused/,
    );
  });
});
