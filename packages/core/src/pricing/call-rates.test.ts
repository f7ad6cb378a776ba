import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { completeRates, ratesForCall } from "./call-rates.ts";
import type { ModelRates } from "./price-catalog.ts";

const action: Action = { kind: "llm", name: "m", params: {}, amounts: {}, subject: {} };
const bare: ModelRates = { model: "m", provider: "p", input: 100n, output: 400n };
const rich: ModelRates = {
  ...bare,
  cacheRead: 10n,
  cacheWrite: 125n,
  perCall: 7n,
  cacheWriteHour: 200n,
  media: { input: 300n, cacheRead: 30n, cacheWrite: 301n },
};

describe("the rates of a call", () => {
  it("take the input's rate for cached tokens that have none", () => {
    expect(ratesForCall(bare, action, "{}")).toMatchObject({
      cacheRead: 100n,
      cacheWrite: 100n,
      perCall: 0n,
    });
  });

  it("are the model's own for text with no caching for an hour", () => {
    expect(ratesForCall(rich, action, '{"ttl":"5m"}')).toMatchObject({
      input: 100n,
      cacheRead: 10n,
      cacheWrite: 125n,
      output: 400n,
      perCall: 7n,
    });
  });

  it("are the media's when the input holds media", () => {
    const rates = ratesForCall(rich, { ...action, mediaParts: 1 }, "{}");
    expect(rates).toMatchObject({ input: 300n, cacheRead: 30n, cacheWrite: 301n, output: 400n });
  });

  it.each(["image", "video", "speech", "transcription"] as const)("are the media's for kind %s", (kind) => {
    expect(ratesForCall(rich, { ...action, kind }, "{}").input).toBe(300n);
  });

  it.each(["embedding", "rerank"] as const)("are the text's for kind %s without media", (kind) => {
    expect(ratesForCall(rich, { ...action, kind }, "{}").input).toBe(100n);
  });

  it("price cache writes for an hour when the request asks for an hour anywhere", () => {
    const params = '{"messages":[{"cache_control":{"ttl":"1h","type":"ephemeral"}}]}';
    expect(ratesForCall(rich, action, params).cacheWrite).toBe(200n);
  });

  it("are not moved by a prompt that only talks about an hour of caching", () => {
    const params = JSON.stringify({ prompt: 'write {"ttl":"1h"}' });
    expect(ratesForCall(rich, action, params).cacheWrite).toBe(125n);
  });

  it("stay without a price for output where the model has none", () => {
    const { output: _, ...embedding } = bare;
    expect(ratesForCall(embedding, action, "{}").output).toBeUndefined();
  });

  it("are the very same object for every plain call, so that what is derived from them can be kept", () => {
    const complete = completeRates(rich);
    expect(ratesForCall(complete, action, "{}")).toBe(complete);
    expect(completeRates(complete)).toBe(complete);
  });
});
