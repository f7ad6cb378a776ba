import type { ActionInput, ActionKind } from "../action/action.ts";
import type { LanguageCall, LanguageMessage, ModelCall } from "./language-model.ts";

/** What of a model is needed to name it in an action. */
export interface NamedModel {
  readonly provider: string;
  readonly modelId: string;
}

/**
 * A call as an action: everything that is sent, but neither headers, which hold keys, nor the abort signal.
 *
 * The AI SDK's provider is `openai.responses`; the action's is `openai`.
 */
export function toModelAction(kind: ActionKind, model: NamedModel, call: ModelCall): ActionInput {
  const { abortSignal: _signal, headers: _headers, ...params } = call;
  const [provider = model.provider] = model.provider.split(".");
  return { kind, name: model.modelId, ...(provider === "" ? {} : { provider }), params };
}

/** A language model's call as an action: its files are digested as bytes and counted as media. */
export function toLanguageAction(
  model: NamedModel,
  call: LanguageCall & { readonly includeRawChunks?: unknown },
): ActionInput {
  const { maxOutputTokens, prompt, includeRawChunks: _raw, ...rest } = call;
  const media = { parts: 0 };
  const digestible: ModelCall & { readonly prompt: unknown } = {
    ...rest,
    prompt: prompt.map((message) => withoutText(message, media)),
  };
  return {
    ...toModelAction("llm", model, digestible),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(media.parts === 0 ? {} : { mediaParts: media.parts }),
  };
}

/** The message with base64 text as bytes, so that a file is not taken for a very long prompt. */
function withoutText(message: LanguageMessage, media: { parts: number }): unknown {
  if (typeof message.content === "string") return message;
  return { ...message, content: message.content.map((part) => withoutBase64(part, media)) };
}

function withoutBase64(part: object, media: { parts: number }): unknown {
  const { type, data, output } = part as { type?: unknown; data?: unknown; output?: unknown };
  if (type === "file" || type === "reasoning-file") {
    if (isObject(data) && data.type === "text") return part;
    media.parts += 1;
    if (typeof data === "string") return { ...part, data: bytesOf(data) };
    if (!isObject(data) || typeof data.data !== "string") return part;
    return { ...part, data: { ...data, data: bytesOf(data.data) } };
  }
  // Older versions of a tool's answer hold a file's base64 right in it.
  if (type === "media" && typeof data === "string") {
    media.parts += 1;
    return { ...part, data: bytesOf(data) };
  }
  // The files that a tool has answered.
  if (
    type === "tool-result" &&
    isObject(output) &&
    output.type === "content" &&
    Array.isArray(output.value)
  ) {
    return { ...part, output: { ...output, value: output.value.map((item) => withoutBase64(item, media)) } };
  }
  return part;
}

function bytesOf(base64: string): Uint8Array {
  return new TextEncoder().encode(base64);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
