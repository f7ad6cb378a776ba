import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ActionInput, ActionKind } from "@tollgate/core";

/** What of a model is needed to name it in an action. */
export interface NamedModel {
  readonly provider: string;
  readonly modelId: string;
}

/** What every call of the AI SDK carries besides its own options. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal | undefined;
  readonly headers?: unknown;
  readonly providerOptions?: SharedV4ProviderOptions | undefined;
}

/**
 * A call as an action: everything that is sent, but neither headers, which hold keys, nor the abort signal.
 *
 * The AI SDK's provider is `openai.responses`; the action's is `openai`.
 */
export function toAction(kind: ActionKind, model: NamedModel, call: CallOptions): ActionInput {
  const { abortSignal: _signal, headers: _headers, ...params } = call;
  const [provider = model.provider] = model.provider.split(".");
  return { kind, name: model.modelId, ...(provider === "" ? {} : { provider }), params };
}

/** A language model's call as an action: its files are digested as bytes and counted as media. */
export function toLanguageAction(model: NamedModel, call: LanguageModelV4CallOptions): ActionInput {
  const { maxOutputTokens, prompt, includeRawChunks: _raw, ...rest } = call;
  const media = { parts: 0 };
  const digestible = prompt.map((message) => withoutText(message, media));
  return {
    ...toAction("llm", model, { ...rest, prompt: digestible } as CallOptions),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(media.parts === 0 ? {} : { mediaParts: media.parts }),
  };
}

/** The message with base64 text as bytes, so that a file is not taken for a very long prompt. */
function withoutText(message: LanguageModelV4Message, media: { parts: number }): unknown {
  if (typeof message.content === "string") return message;
  return { ...message, content: message.content.map((part) => withoutBase64(part, media)) };
}

function withoutBase64(part: object, media: { parts: number }): unknown {
  const { type, data, output } = part as { type?: unknown; data?: unknown; output?: unknown };
  if ((type === "file" || type === "reasoning-file") && isObject(data) && data.type !== "text") {
    media.parts += 1;
    return typeof data.data === "string"
      ? { ...part, data: { ...data, data: new TextEncoder().encode(data.data) } }
      : part;
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
