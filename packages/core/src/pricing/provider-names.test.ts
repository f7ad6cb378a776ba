import { waitForUpdate } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { catalogProvider, catalogProviders, namesOf } from "./provider-names.ts";

describe("provider names", () => {
  it("are those of the installed catalogue, none missing and none more", async () => {
    const data = await waitForUpdate();
    expect(data?.map(({ id }) => id).sort()).toEqual([...catalogProviders].sort());
  });

  it.each([
    ["openai", "openai"],
    ["openai.chat", "openai"],
    ["openai.responses", "openai"],
    ["anthropic.messages", "anthropic"],
    ["google.generative-ai", "google"],
    ["google.vertex.chat", "google"],
    ["google_genai", "google"],
    ["google_vertexai", "google"],
    ["vertex.anthropic.messages", "google"],
    ["gcp.vertex_ai", "google"],
    ["amazon-bedrock", "aws"],
    ["amazon_bedrock", "aws"],
    ["aws.bedrock", "aws"],
    ["azure.chat", "azure"],
    ["azure-openai.responses", "azure"],
    ["azure.ai.openai", "azure"],
    ["mistral.chat", "mistral"],
    ["mistralai", "mistral"],
    ["mistral_ai", "mistral"],
    ["moonshot-ai", "moonshotai"],
    ["xai.chat", "x-ai"],
    ["x_ai", "x-ai"],
    ["groq.chat", "groq"],
    ["togetherai.chat", "together"],
    ["fireworks.chat", "fireworks"],
    ["OpenAI", "openai"],
  ])("%s is %s", (name, provider) => {
    expect(catalogProvider(name)).toBe(provider);
  });

  it.each(["gateway", "litellm", "my-openai-proxy", "", ".", "constructor", "notopenai"])(
    "%s is none",
    (name) => {
      expect(catalogProvider(name)).toBeNull();
    },
  );

  it("give the names of a model closest first", () => {
    expect(namesOf(undefined, "m")).toEqual(["m"]);
    expect(namesOf("openai", "m")).toEqual(["openai/m", "m"]);
    expect(namesOf("xai.chat", "m")).toEqual(["xai.chat/m", "x-ai/m", "m"]);
    expect(namesOf("my-proxy", "m")).toEqual(["my-proxy/m", "m"]);
  });
});
