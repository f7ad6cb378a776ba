import type { BaseMessage } from "@langchain/core/messages";
import type { ActionInput } from "@tollgate/core";

/** What LangChain tells of a model: the parameters of the call, and the names that it traces. */
export interface NamedCall {
  /** What the model says that it sends besides the messages, in its provider's own words. */
  readonly invocation: Readonly<Record<string, unknown>>;
  readonly model: string | undefined;
  readonly provider: string | undefined;
}

/** A chat model's call as an action: its files are digested as bytes and counted as media. */
export function toChatAction(messages: readonly BaseMessage[], call: NamedCall): ActionInput {
  const media = { parts: 0 };
  const prompt = messages.map((message) => ({
    role: message.getType(),
    content: withoutBase64(message.content, media),
    // Not the message's id, which differs when a turn is run again after a pause.
    name: message.name,
    tool_calls: "tool_calls" in message ? message.tool_calls : undefined,
    tool_call_id: "tool_call_id" in message ? message.tool_call_id : undefined,
    reasoning: message.additional_kwargs?.reasoning_content,
  }));
  return {
    ...toModelAction({ messages: prompt }, call),
    ...(media.parts === 0 ? {} : { mediaParts: media.parts }),
  };
}

/** A plain text model's call as an action. */
export function toTextAction(prompts: readonly string[], call: NamedCall): ActionInput {
  return toModelAction({ prompts }, call);
}

function toModelAction(input: object, { invocation, model, provider }: NamedCall): ActionInput {
  const limit = outputLimit(invocation);
  return {
    kind: "llm",
    name: model ?? "unknown",
    ...(provider === undefined || provider === "" ? {} : { provider: provider.toLowerCase() }),
    // Parameters are made for the wire, but LangChain lets functions and schemas through to its tracers.
    params: { ...(JSON.parse(JSON.stringify(invocation)) as object), ...input },
    ...(limit === null ? {} : { maxOutputTokens: limit * completions(invocation) }),
  };
}

/** How many completions a call asks for; each may use up the whole output limit. */
export function completions({ n }: Readonly<Record<string, unknown>>): number {
  return typeof n === "number" && n > 1 ? Math.floor(n) : 1;
}

/** The names that providers give to the output limit of one completion. */
const limits = [
  "max_completion_tokens",
  "max_output_tokens",
  "max_tokens",
  "maxOutputTokens",
  "maxTokens",
  "max_tokens_to_sample",
  "num_predict",
] as const;

/** The call's own output limit in tokens, or null when it has none. */
export function outputLimit(invocation: Readonly<Record<string, unknown>>): number | null {
  const { generationConfig, inferenceConfig, options } = invocation;
  for (const where of [invocation, generationConfig, inferenceConfig, options]) {
    if (typeof where !== "object" || where === null) continue;
    for (const name of limits) {
      const limit = (where as Record<string, unknown>)[name];
      if (typeof limit === "number" && limit > 0) return limit;
    }
  }
  return null;
}

/** Content with base64 text as bytes, so that a file is not taken for a very long prompt. */
function withoutBase64(content: unknown, media: { parts: number }): unknown {
  if (!Array.isArray(content)) return content;
  return content.map((block: unknown) => {
    if (typeof block !== "object" || block === null) return block;
    const { type } = block as { type?: unknown };
    if (type === "text" || type === "tool_use" || type === "reasoning" || typeof type !== "string")
      return block;
    if (type === "tool_result") {
      return { ...block, content: withoutBase64((block as { content?: unknown }).content, media) };
    }
    if (/image|audio|video|file|media|document/.test(type)) media.parts += 1;
    return digestible(block, 0);
  });
}

/** Longer texts inside of a media block are its data. */
const longestName = 1024;

function digestible(value: unknown, depth: number): unknown {
  if (typeof value === "string") {
    return value.length > longestName ? new TextEncoder().encode(value) : value;
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || depth > 8) return value;
  if (Array.isArray(value)) return value.map((item) => digestible(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, digestible(member, depth + 1)]),
  );
}
