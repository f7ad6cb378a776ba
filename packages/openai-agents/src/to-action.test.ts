import type { AgentInputItem, ModelRequest } from "@openai/agents";
import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { toAction } from "./to-action.ts";

const model = { name: "gpt-4o" };
const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  input: "hi",
  modelSettings: {},
  tools: [],
  handoffs: [],
  outputType: "text",
  tracing: false,
  ...more,
});
const image = (data: string): AgentInputItem => ({
  role: "user",
  content: [
    { type: "input_text", text: "what is it?" },
    { type: "input_image", image: `data:image/png;base64,${data}` },
  ],
});

describe("toAction", () => {
  it("is everything that is sent: input, instructions, tools, handoffs and settings side by side", () => {
    const action = toAction(
      request({ systemInstructions: "be brief", modelSettings: { temperature: 0 }, previousResponseId: "r" }),
      { name: "gpt-4o", provider: "openai" },
    );
    expect(action).toEqual({
      kind: "llm",
      name: "gpt-4o",
      provider: "openai",
      params: {
        temperature: 0,
        instructions: "be brief",
        input: "hi",
        tools: [],
        handoffs: [],
        outputType: "text",
        previousResponseId: "r",
      },
    });
  });

  it("leaves out what only concerns the SDK, and what holds keys", async () => {
    const modelSettings = {
      retry: { policy: () => true },
      timeoutMs: 5,
      preserveRawUsage: true,
      providerData: { metadata: { a: "b" }, extra_headers: { authorization: "secret" }, hook: () => 1 },
    };
    const action = toAction(request({ modelSettings, signal: AbortSignal.timeout(1000) }), model);
    expect(action.params).toMatchObject({ providerData: { metadata: { a: "b" } } });
    expect(JSON.stringify(action)).not.toMatch(/secret|policy|timeout|preserve|signal/);
    // What is left can be digested.
    await expect(createGate({ unpriced: "allow" }).decide(action)).resolves.toMatchObject({
      outcome: "allow",
    });
  });

  it("states the highest of its output limits, wherever they are set", () => {
    const limitOf = (modelSettings: ModelRequest["modelSettings"]) =>
      toAction(request({ modelSettings }), model).maxOutputTokens;
    expect(limitOf({})).toBeUndefined();
    expect(limitOf({ maxTokens: 7 })).toBe(7);
    expect(limitOf({ maxTokens: 7, providerData: { max_completion_tokens: 9 } })).toBe(9);
    expect(limitOf({ maxTokens: 7, providerData: { extraBody: { max_output_tokens: 11 } } })).toBe(11);
  });

  it("counts files as media, wherever they are", () => {
    const result: AgentInputItem = {
      type: "function_call_result",
      name: "look",
      callId: "1",
      status: "completed",
      output: [{ type: "input_image", image: "https://x.y/z.png" }],
    };
    expect(toAction(request({ input: [image("AAAA"), result] }), model).mediaParts).toBe(2);
    expect(toAction(request(), model)).not.toHaveProperty("mediaParts");
  });

  it("is reserved no more for a large file than for a small one, and tells two files apart", async () => {
    const gate = createGate({ budgets: [{ id: "tokens", limit: "1M input_tokens" }] });
    const held = async (data: string) => {
      const { claims, receipt } = await gate.decide(toAction(request({ input: [image(data)] }), model));
      const digest = receipt?.body.type === "decision" ? receipt.body.action.digest : null;
      return { amount: claims[0]!.amount, digest };
    };
    const [small, large, other] = [
      await held("A".repeat(1000)),
      await held("A".repeat(4_000_000)),
      await held(`${"A".repeat(999)}B`),
    ];
    expect(large.amount).toBeLessThan(small.amount + 20n);
    expect(other.digest).not.toBe(small.digest);
    expect((await held("A".repeat(1000))).digest).toBe(small.digest);
  });
});
