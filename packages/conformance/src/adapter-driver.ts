import type { Gate, Run } from "@tollgate/core";
import type { MockProvider } from "./mock-provider.ts";

/**
 * The ways in which a framework can reach a model or a tool; every adapter says of each how it is covered.
 *
 * The operation of each does what is said here, once, through the framework's own public functions, with the
 * models of {@link benchModels} at the bench's provider. It rejects with whatever its caller gets to see.
 */
export const surfaces = {
  generate: "a model call",
  stream: "a streamed model call",
  streamHalfRead: "a stream that its reader leaves half-way",
  streamUnread: "a stream that nobody reads",
  streamAborted: "a stream that its caller aborts",
  timeout: "a model call that times out",
  retry: "a model call that the framework retries after an error 500",
  object: "structured output",
  streamedObject: "streamed structured output",
  namedModel: "a model given by its name alone",
  embed: "an embedding",
  embedMany: "six embeddings in six requests at once",
  image: "an image",
  speech: "speech",
  transcription: "a transcription",
  rerank: "reranking",
  video: "a video",
  agent: "an agent that calls its tool until the model answers",
  streamedAgent: "a streamed agent that calls its tool until the model answers",
  nestedAgent: "an agent whose tool calls a model",
  streamingTool: "an agent whose tool streams its result",
  approval: "an agent whose tool has to be approved, resumed twice with the same approval",
  providerTool: "a model call that offers a web search which the provider runs",
  batch: "a batch of model calls",
  realtime: "a realtime session",
} as const;

/** The name of one of {@link surfaces}. */
export type Surface = keyof typeof surfaces;

/** What an operation works with. */
export interface Bench {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  /**
   * A time limit in milliseconds for what waits by `setTimeout` or `AbortSignal.timeout`. It runs out once another
   * request has reached the provider, not by the clock, by which a slow machine could miss the request.
   */
  readonly timeoutMs: number;
  /** Resolves once a request has reached the provider or the gate has denied one; for what nobody waits for. */
  begun(): Promise<void>;
  /** What the tool `lookup` of the agent surfaces does with its `query`; counted. */
  lookup(query: string): Promise<string>;
  /** How often `lookup` was called. */
  readonly lookups: number;
  /** Grants everything that the gate wants approved; for the approval surface. */
  grant(): Promise<void>;
}

/** Does what its surface says, once, and resolves or rejects as the framework does to its caller. */
export type Operation = (bench: Bench) => Promise<unknown>;

/**
 * How an adapter covers a surface: `enforces` can refuse it, `observes` can only book it, and `not covered`
 * sees nothing of it.
 */
export type Coverage =
  | { readonly coverage: "enforces"; readonly perform: Operation }
  | {
      readonly coverage: "observes";
      readonly perform: Operation;
      readonly why: string;
      readonly close: string;
    }
  | { readonly coverage: "not covered"; readonly why: string; readonly close: string };

/** An adapter as the conformance suite sees it. */
export interface AdapterDriver {
  readonly name: string;
  readonly surfaces: Readonly<Record<Surface, Coverage>>;
}

/** The models that the bench has prices for. */
export const benchModels = {
  chat: "gpt-4o",
  /** What a degrade asks for instead of `chat`. */
  cheap: "gpt-4o-mini",
  embedding: "text-embedding-3-small",
  image: "gpt-image-1",
  speech: "tts-1",
  transcription: "whisper-1",
  rerank: "rerank-1",
  video: "video-1",
} as const;
