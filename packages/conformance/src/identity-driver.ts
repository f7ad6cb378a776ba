import type { Gate, RunInput } from "@tollgate/core";
import type { MockProvider } from "./mock-provider.ts";

/** What a framework's agents work with; all callers share it. */
export interface IdentityBench {
  readonly gate: Gate;
  readonly provider: MockProvider;
  /** What the agent's tools `search` and `pay` do with their `text`. */
  use(tool: AskedTool, text: string): Promise<string>;
}

/** The tools that the agents have, all of which the model asks for at once. */
export type AskedTool = "search" | "pay";

/** Calls an agent for one caller, once; again for the next turn of what they talk about. */
export type Conversation = (prompt: string) => Promise<unknown>;

/** A framework's agent with an agent inside: the outer one's model is gpt-4o, the inner one's gpt-4o-mini. */
export interface NestedAgent {
  readonly what: string;
  /**
   * The tool that the outer model has to call, and with what, so that the inner agent is told `prompt`; null where
   * the inner one has its turn after the outer one's.
   */
  delegate(
    prompt: string,
  ): { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> } | null;
  open(bench: IdentityBench): (who: RunInput) => Conversation;
}

/** An adapter as the identity suite sees it. */
export interface IdentityDriver {
  readonly name: string;
  /** Makes one agent for all callers, with both tools; each caller opens a run of their own with what they show. */
  open(bench: IdentityBench): (who: RunInput) => Conversation;
  readonly nested: readonly NestedAgent[];
}
