/** Token counts as the wire will carry them. */
export interface ReplyUsage {
  /** Cached ones included. */
  readonly inputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
}

/** One tool call in a reply; ids may repeat over steps, as some providers do it. */
export interface ReplyToolCall {
  /** @default "call_1" */
  readonly id?: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the mock provider answers to one request. */
export interface Reply {
  /** @default "ok" when there are no tool calls */
  readonly text?: string;
  readonly toolCalls?: readonly ReplyToolCall[];
  /** What the provider says was used; null says nothing at all. @default 100 in, 20 out */
  readonly usage?: ReplyUsage | null;
  /** An HTTP status from 400 answers with an error of that status. @default 200 */
  readonly status?: number;
  /**
   * How a response ends: complete, its connection cut after the first words, or silent and open for ever
   * after the first words. Without streaming: cut before the body, or never answered.
   *
   * @default "complete"
   */
  readonly ending?: "complete" | "cut" | "silent";
  /** Milliseconds between two events of a stream. @default 0 */
  readonly paceMs?: number;
  /** The body at a path that is none of OpenAI's. @default {} */
  readonly json?: object;
}

/** A request as it arrived at the mock provider. */
export interface ProviderRequest {
  /** Counts from 0. */
  readonly index: number;
  /** Such as `/chat/completions`. */
  readonly path: string;
  readonly model: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Chooses the reply to a request; called once for each, in the order of arrival. */
export type Script = (request: ProviderRequest) => Reply;

/** The usage of a reply that says nothing else. */
export const usualUsage: ReplyUsage = { inputTokens: 100, outputTokens: 20 };
