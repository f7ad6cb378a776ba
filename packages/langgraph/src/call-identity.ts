import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { threadOf } from "./call-subject.ts";

/** What LangGraph keeps for one execution of a task; internal to it, so nothing here may rely on it alone. */
interface Scratchpad {
  readonly resume?: readonly unknown[];
  readonly nullResume?: unknown;
}

/**
 * What truly identifies a call inside a graph: its task, which is the same when a checkpoint is run again.
 *
 * Two processes that resume the same checkpoint get the same keys, so that only one of them is let through.
 * A retry, an execution after a further answer to the task's interrupts, and one by time travel get others.
 */
export class CallIdentity {
  /** The task that the call is all of; the same over retries and resumes. */
  readonly task: string;
  /** Which attempt LangGraph says this is, counted from 1. */
  readonly attempt: number;
  readonly #base: string;

  constructor(config: LangGraphRunnableConfig, replay: string | null) {
    const { executionInfo } = config;
    // Outside of a graph nothing is ever run again under the same identity.
    this.task = executionInfo?.taskId ?? crypto.randomUUID();
    const { resume = [], nullResume } = scratchpadOf(config) ?? {};
    const answers = resume.length + (nullResume === undefined ? 0 : 1);
    this.attempt = executionInfo?.nodeAttempt ?? 1;
    const thread = (threadOf(config) ?? "").slice(0, 128);
    this.#base = `${thread}/${this.task}/${answers}${replay === null ? "" : `/${replay}`}`;
  }

  /** The key of an attempt. */
  key(attempt: number): string {
    return `${this.#base}/${attempt}`;
  }
}

/** Tells the invocations apart that travel back in time: each is a new attempt at whatever it runs again. */
export class Replays {
  readonly #names = new WeakMap<object, string>();

  /** A name for the time travel that a task is part of, or null when it is part of none. */
  nameOf({ configurable }: LangGraphRunnableConfig): string | null {
    const replay: unknown = configurable?.__pregel_replay_state;
    if (typeof replay !== "object" || replay === null) return null;
    const name = this.#names.get(replay) ?? crypto.randomUUID();
    this.#names.set(replay, name);
    return name;
  }
}

/** What LangGraph shares between the attempts of one execution of a task. */
export function scratchpadOf({ configurable }: LangGraphRunnableConfig): Scratchpad | undefined {
  return configurable?.__pregel_scratchpad;
}
