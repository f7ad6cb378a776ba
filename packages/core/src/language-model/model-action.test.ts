import { describe, expect, it } from "vitest";
import { createGate } from "../gate/create-gate.ts";
import type { LanguageCall, LanguageMessage } from "./language-model.ts";
import { toLanguageAction, toModelAction } from "./model-action.ts";

const model = { provider: "openai.responses", modelId: "gpt-4o" };
const call = (...prompt: LanguageMessage[]): LanguageCall => ({ prompt });
const image = (data: Uint8Array | string): LanguageMessage => ({
  role: "user",
  content: [{ type: "file", mediaType: "image/png", data: { type: "data", data } }],
});

describe("toModelAction", () => {
  it("names the provider by its first word", () => {
    expect(
      toModelAction("embedding", { provider: "google.vertex.embedding", modelId: "e" }, {}),
    ).toMatchObject({
      kind: "embedding",
      provider: "google",
      name: "e",
    });
  });

  it("leaves headers and the abort signal out: they hold keys, and no content", () => {
    const sent = {
      ...call({ role: "system", content: "be brief" }),
      headers: { authorization: "secret" },
      abortSignal: new AbortController().signal,
      includeRawChunks: true,
      temperature: 0,
    };
    const action = toLanguageAction(model, sent);
    expect(action.params).toEqual({ prompt: [{ role: "system", content: "be brief" }], temperature: 0 });
  });
});

describe("toLanguageAction", () => {
  it("states the output limit as such", () => {
    const action = toLanguageAction(model, { ...call(), maxOutputTokens: 9 });
    expect(action).toMatchObject({ maxOutputTokens: 9, params: { prompt: [] } });
    expect(action.params).not.toHaveProperty("maxOutputTokens");
  });

  it("counts files as media, wherever they are, and text files not", () => {
    const file = {
      type: "file",
      mediaType: "image/png",
      data: { type: "url", url: new URL("https://x.y/z") },
    } as const;
    const text = { type: "file", mediaType: "text/plain", data: { type: "text", text: "words" } } as const;
    const action = toLanguageAction(
      model,
      call(
        { role: "user", content: [file, text] },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "1",
              toolName: "t",
              output: { type: "content", value: [file, { type: "text", text: "x" }] },
            },
          ],
        },
      ),
    );
    expect(action.mediaParts).toBe(2);
  });

  it("is reserved no more for a large file than for a small one", async () => {
    const gate = createGate({
      budgets: [{ id: "tokens", limit: "1M input_tokens" }],
    });
    const held = async (message: LanguageMessage) => {
      const { claims } = await gate.decide(toLanguageAction(model, call(message)));
      return claims[0]?.amount;
    };
    const small = await held(image("AAAA"));
    expect(await held(image("A".repeat(4_000_000)))).toBeLessThan(small! + 20n);
    expect(await held(image(new Uint8Array(3_000_000)))).toBeLessThan(small! + 20n);
  });

  it("tells two files apart", async () => {
    const gate = createGate();
    const digest = async (data: string) => {
      const { receipt } = await gate.decide(toLanguageAction(model, call(image(data))));
      return receipt?.body.type === "decision" && receipt.body.action.digest;
    };
    expect(await digest("AAAA")).not.toBe(await digest("BBBB"));
    expect(await digest("AAAA")).toBe(await digest("AAAA"));
  });
});
