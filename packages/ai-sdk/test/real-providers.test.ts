import { createOpenAI } from "@ai-sdk/openai";
import { decisionsOf } from "@tollgate/conformance/test-gate";
import type { GateOptions } from "@tollgate/core";
import {
  createProviderRegistry,
  embed,
  generateImage,
  generateText,
  NoSuchModelError,
  experimental_startBatch as startBatch,
} from "ai";
import { afterEach, describe, expect, it } from "vitest";
import { gateProvider } from "../src/index.ts";
import { open } from "./fixture.ts";

/** What each member of the OpenAI provider becomes; one that is not listed here fails the test below. */
const members: Readonly<Record<string, "gated" | "refused" | "plain">> = {
  languageModel: "gated",
  chat: "gated",
  completion: "gated",
  responses: "gated",
  embedding: "gated",
  embeddingModel: "gated",
  textEmbedding: "gated",
  textEmbeddingModel: "gated",
  image: "gated",
  imageModel: "gated",
  transcription: "gated",
  transcriptionModel: "gated",
  speech: "gated",
  speechModel: "gated",
  decisionModel: "refused",
  evaluationModel: "refused",
  extractionModel: "refused",
  translation: "refused",
  speechTranslationModel: "refused",
  files: "refused",
  skills: "refused",
  experimental_batch: "refused",
  experimental_realtime: "refused",
  specificationVersion: "plain",
  tools: "plain",
};

const denyAll: GateOptions = {
  evaluators: [{ name: "deny", evaluate: () => ({ decision: "deny", reason: "closed" }) }],
};

describe("gateProvider", () => {
  it("has an answer for every member of the provider", () => {
    const openai = createOpenAI({ apiKey: "none" });
    expect(Object.keys(openai).sort()).toEqual(Object.keys(members).sort());
  });

  it.each(Object.entries(members))("%s is %s", async (name, fate) => {
    const { openai, run, provider } = await open(undefined, denyAll);
    const gated: Record<string, unknown> = { ...gateProvider(openai, run) };
    if (fate === "plain") {
      expect(gated[name]).toBe(openai[name as keyof typeof openai]);
      return;
    }
    const make = gated[name] as (model: string) => Record<string, (call: object) => Promise<unknown>>;
    if (fate === "refused") {
      expect(() => make("some-model")).toThrow(`list "${name}" in gateProvider's ungated option`);
      return;
    }
    const model = make("some-model");
    const methods = ["doGenerate", "doStream", "doEmbed"].filter((method) => method in model);
    expect(methods.length).toBeGreaterThan(0);
    for (const method of methods) {
      const call = async () =>
        model[method]!({
          prompt: [],
          values: ["a"],
          text: "a",
          audio: new Uint8Array(),
          mediaType: "audio/wav",
          n: 1,
        });
      await expect(call(), method).rejects.toThrow(/denied: closed|cannot be gated/);
    }
    expect(provider.count()).toBe(0);
  });

  it("stays callable, and its models keep their names", async () => {
    const { openai, run } = await open();
    const gated = gateProvider(openai, run);
    expect(gated("gpt-4o")).toMatchObject({ modelId: "gpt-4o", provider: "openai.responses" });
    expect(gated.chat("gpt-4o")).toMatchObject({ modelId: "gpt-4o", provider: "openai.chat" });
    expect((await generateText({ model: gated("gpt-4o"), prompt: "hi" })).text).toBe("ok");
  });

  it("hands out what is listed as ungated, and nothing else", async () => {
    const { openai, run } = await open();
    const gated = gateProvider(openai, run, { ungated: ["files"] });
    expect(gated.files()).toHaveProperty("uploadFile");
    expect(() => gated.skills()).toThrow();
  });

  it("refuses batches, which would pass by every model", async () => {
    const { openai, run, provider } = await open();
    const batch = startBatch({
      provider: gateProvider(openai, run),
      requests: [{ id: "1", type: "text", model: "gpt-4o", prompt: "hi" }],
    } as unknown as Parameters<typeof startBatch>[0]);
    await expect(batch).rejects.toThrow(/cannot gate what experimental_batch makes/);
    expect(provider.count()).toBe(0);
  });

  it("bounds what has no price by tokens", async () => {
    const { openai, run, gate } = await open();
    const bounds = () => ({ amounts: { usd: "$0.04" } });
    const gated = gateProvider(openai, run, { bounds });
    await generateImage({ model: gated.image("house-image-1"), prompt: "a", n: 1 });
    expect(await gate.balances()).toMatchObject([{ spent: 40_000_000n, held: 0n }]);
    const unbounded = generateImage({ model: gateProvider(openai, run).image("house-image-1"), prompt: "a" });
    await expect(unbounded).rejects.toThrow(/no price is known for "openai\/house-image-1"/);
  });

  it("degrades to a model of the same provider", async () => {
    const patch = { model: "gpt-4o-mini" };
    const { openai, run, provider } = await open(undefined, {
      evaluators: [
        {
          name: "thrift",
          evaluate: ({ name }) =>
            name === "gpt-4o" ? { decision: "degrade", patch, reason: "thrift" } : { decision: "allow" },
        },
      ],
    });
    await generateText({ model: gateProvider(openai, run).chat("gpt-4o"), prompt: "hi" });
    expect(provider.requests).toMatchObject([{ path: "/chat/completions", model: "gpt-4o-mini" }]);
  });

  it("books a video when it is started, and lets its progress be asked for free", async () => {
    const { gate, run } = await open(undefined, { budgets: [{ id: "videos", limit: "1 calls" }] });
    const called: string[] = [];
    const provider = {
      video: (modelId: string) => ({
        specificationVersion: "v4",
        provider: "other.video",
        modelId,
        maxVideosPerCall: 1,
        doStart: async (_call: object) => called.push("start"),
        doStatus: async () => called.push("status"),
        doForget: async () => called.push("forget"),
      }),
    };
    const model = gateProvider(provider, run).video("v");
    await model.doStart({});
    await model.doStatus();
    await expect(async () => model.doStart({})).rejects.toThrow(/denied/);
    expect(() => model.doForget()).toThrow('other.video "v": doForget cannot be gated');
    expect(called).toEqual(["start", "status"]);
    expect(await decisionsOf(gate)).toEqual(["video v allow", "video v deny"]);
  });

  it("gates models by their name in a registry", async () => {
    const { openai, run, gate } = await open();
    const registry = createProviderRegistry({ openai: gateProvider(openai, run) });
    await generateText({ model: registry.languageModel("openai:gpt-4o"), prompt: "hi" });
    await embed({ model: registry.embeddingModel("openai:text-embedding-3-small"), value: "a" });
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow", "embedding text-embedding-3-small allow"]);
  });
});

describe("as the AI SDK's default provider", () => {
  afterEach(() => {
    globalThis.AI_SDK_DEFAULT_PROVIDER = undefined;
  });

  it("gateProvider gates models that are given by name", async () => {
    const { openai, run, gate, provider } = await open(undefined, denyAll);
    globalThis.AI_SDK_DEFAULT_PROVIDER = gateProvider(openai, run);
    await expect(generateText({ model: "gpt-4o", prompt: "hi" })).rejects.toThrow(/denied: closed/);
    await expect(embed({ model: "text-embedding-3-small", value: "a" })).rejects.toThrow(/denied: closed/);
    await expect(generateImage({ model: "gpt-image-1", prompt: "a" })).rejects.toThrow(/denied: closed/);
    expect(provider.count()).toBe(0);
    expect(await decisionsOf(gate)).toHaveLength(3);
  });

  it("a wrong name is still the AI SDK's own error", async () => {
    const { openai, run } = await open();
    const registry = createProviderRegistry({ openai: gateProvider(openai, run) });
    expect(() => registry.languageModel("nobody:gpt-4o" as "openai:gpt-4o")).toThrow(NoSuchModelError);
  });
});
