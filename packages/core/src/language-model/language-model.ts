/**
 * A language model of the AI SDK's shape, specification v2, v3 or v4, as far as it matters to the gate.
 *
 * Other frameworks take such models too, and bundle other versions of their types.
 */
export interface LanguageModel<
  Call extends LanguageCall = LanguageCall,
  Result extends LanguageResult = LanguageResult,
  Streamed extends LanguageStream = LanguageStream,
> {
  readonly specificationVersion: string;
  /** Such as `openai.responses`. */
  readonly provider: string;
  readonly modelId: string;
  doGenerate(call: Call): PromiseLike<Result>;
  doStream(call: Call): PromiseLike<Streamed>;
}

/** What any call of a model of the AI SDK's shape carries besides its own options. */
export interface ModelCall {
  readonly abortSignal?: AbortSignal | undefined;
  readonly headers?: unknown;
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** The options of a language model's call. */
export interface LanguageCall extends ModelCall {
  readonly prompt: readonly LanguageMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly tools?: readonly LanguageTool[] | undefined;
  readonly toolChoice?: { readonly type: string; readonly toolName?: string } | undefined;
}

/** A message of a prompt; its parts are objects with a `type`. */
export interface LanguageMessage {
  readonly role: string;
  readonly content: string | readonly object[];
}

/** A tool that a call offers; those of type `provider` (in v2 `provider-defined`) run at the provider. */
export interface LanguageTool {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  readonly args?: unknown;
}

/** What a model answers. */
export interface LanguageResult {
  readonly content: readonly LanguagePart[];
  readonly usage: LanguageUsage;
}

/** What a model answers as a stream. */
export interface LanguageStream {
  readonly stream: ReadableStream<LanguagePart>;
}

/** A part of an answer or of its stream, as far as it tells what was used. */
export interface LanguagePart {
  readonly type: string;
  readonly delta?: unknown;
  readonly usage?: LanguageUsage;
  readonly toolName?: string;
  readonly providerExecuted?: boolean | undefined;
}

/** A count of tokens in one of the forms that there are: v2 plain, v3 and v4 with its parts. */
export type LanguageCount = number | object | null | undefined;

/** The usage that a model reports. */
export interface LanguageUsage {
  readonly inputTokens?: LanguageCount;
  readonly outputTokens?: LanguageCount;
  /** v2 only. */
  readonly cachedInputTokens?: number | undefined;
  /** v2 only. */
  readonly reasoningTokens?: number | undefined;
}
