import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, it } from "vitest";
import { outputLimit, toChatAction } from "./to-action.ts";

const call = { invocation: { model: "m" }, model: "m", provider: "OpenAI" };

describe("outputLimit", () => {
  it.each([
    { max_tokens: 5 },
    { max_completion_tokens: 5 },
    { max_output_tokens: 5 },
    { maxOutputTokens: 5 },
    { generationConfig: { maxOutputTokens: 5 } },
    { inferenceConfig: { maxTokens: 5 } },
    { options: { num_predict: 5 } },
    { max_tokens: undefined, max_completion_tokens: 5 },
  ])("is found in %j", (invocation) => {
    expect(outputLimit(invocation)).toBe(5);
  });

  it.each([{}, { max_tokens: -1 }, { max_tokens: "5" }, { options: null }])("is not in %j", (invocation) => {
    expect(outputLimit(invocation)).toBeNull();
  });
});

describe("toChatAction", () => {
  it("says which model of which provider gets what", () => {
    const messages = [
      new HumanMessage({ content: "hi", id: "1" }),
      new AIMessage({ content: "", tool_calls: [{ id: "c", name: "lookup", args: { query: "a" } }] }),
      new ToolMessage({ content: "sunny", tool_call_id: "c" }),
    ];
    const action = toChatAction(messages, call);
    expect(action).toMatchObject({ kind: "llm", name: "m", provider: "openai" });
    expect(action).not.toHaveProperty("maxOutputTokens");
    expect(JSON.parse(JSON.stringify(action.params))).toEqual({
      model: "m",
      messages: [
        { role: "human", content: "hi" },
        {
          role: "ai",
          content: "",
          tool_calls: [{ id: "c", name: "lookup", args: { query: "a" } }],
        },
        { role: "tool", content: "sunny", tool_call_id: "c" },
      ],
    });
  });

  it("counts files, also those that a tool has answered, and holds them as bytes", () => {
    const data = "A".repeat(5000);
    const content = [
      { type: "text", text: data },
      { type: "image", source_type: "base64", data },
      { type: "tool_result", content: [{ type: "document", source: { data } }] },
    ];
    const { mediaParts, params } = toChatAction([new HumanMessage({ content } as never)], call);
    expect(mediaParts).toBe(2);
    const [message] = (params as { messages: { content: unknown[] }[] }).messages;
    const bytes = new TextEncoder().encode(data);
    expect(message?.content).toEqual([
      content[0],
      { type: "image", source_type: "base64", data: bytes },
      { type: "tool_result", content: [{ type: "document", source: { data: bytes } }] },
    ]);
  });

  it("reserves the limit for each completion", () => {
    const invocation = { model: "m", max_tokens: 10, n: 3 };
    expect(toChatAction([], { ...call, invocation }).maxOutputTokens).toBe(30);
  });

  it("leaves out what only LangChain understands", () => {
    const invocation = { model: "m", parse: () => 1, nothing: undefined };
    expect(toChatAction([], { ...call, invocation }).params).toEqual({ model: "m", messages: [] });
  });
});
