import type { JsonObject, JsonValue } from "../codec/json.ts";
import type { Capability } from "./capability.ts";
import type { Subject } from "./subject.ts";

/** What an agent can want to do; `other` is for effects that are none of the rest. */
export const actionKinds = [
  "llm",
  "tool",
  "embedding",
  "image",
  "speech",
  "transcription",
  "rerank",
  "video",
  "other",
] as const;

/** One of {@link actionKinds}. */
export type ActionKind = (typeof actionKinds)[number];

/** What a caller hands to the gate: one LLM call, tool call, embedding, ... that is about to happen. */
export interface ActionInput {
  readonly kind: ActionKind;
  /** The model's id for a model call, the tool's name for a tool call. */
  readonly name: string;
  /** Who serves it, such as `openai`; helps to find the price. */
  readonly provider?: string;
  /**
   * What is sent: prompt and settings of a model call, arguments of a tool call.
   *
   * Only its digest reaches a receipt. Bytes, dates and URLs are allowed and digested too; functions and
   * cycles are refused.
   */
  readonly params?: unknown;
  /** The call's own output limit in tokens; without one the gate's default is filled in. */
  readonly maxOutputTokens?: number;
  /** An upper bound of the input tokens, where the caller knows one better than the gate's counter. */
  readonly inputTokens?: number;
  /** How many images, files or other media the input holds; each adds to the estimate. */
  readonly mediaParts?: number;
  /** Upper bounds by unit, as bigint or as text ("$0.18"); a unit given here is not estimated. */
  readonly amounts?: Readonly<Record<string, bigint | string>>;
  /** The capability that this action needs, where the caller knows it. */
  readonly capability?: Capability;
  /**
   * What truly identifies the attempt over retries and resumes, unique for ever.
   *
   * Leave it out unless the framework has such an id: the run's own nonce and ordinal are used then.
   */
  readonly key?: string;
  /** Which step of the run, and which attempt at it, counted from 1; for the receipt only. */
  readonly step?: number;
  readonly attempt?: number;
}

/** An action as judged: checked, completed and frozen. */
export interface Action {
  readonly kind: ActionKind;
  readonly name: string;
  readonly provider?: string;
  readonly params: JsonValue;
  readonly maxOutputTokens?: number;
  readonly inputTokens?: number;
  readonly mediaParts?: number;
  readonly amounts: Readonly<Record<string, bigint>>;
  readonly capability?: Capability;
  readonly subject: Subject;
  readonly step?: number;
  readonly attempt?: number;
}

/** How a degrade rewrites an action; what is absent stays as it was. */
export interface Patch {
  /** Another model (or tool) to call instead. */
  readonly model?: string;
  readonly provider?: string;
  /** Members that replace those of `params`, one level deep. */
  readonly params?: JsonObject;
  /** A lower output limit in tokens; a higher one than the action's own is ignored. */
  readonly maxOutputTokens?: number;
}

/** The parts of a {@link Patch} that a caller is able to apply. */
export type PatchField = keyof Patch;

/** All of them. */
export const patchFields: readonly PatchField[] = ["model", "provider", "params", "maxOutputTokens"];
