import type { Permit } from "@tollgate/core";
import { endTool, pauseTool } from "@tollgate/core/adapter";

/** Whatever Mastra gives to a tool to suspend its agent or workflow with. */
export interface Suspending {
  suspend?: (...args: never[]) => unknown;
}

/** A tool call that has been let through and is running. */
export class OpenCall {
  readonly permit: Permit;
  readonly #signal: AbortSignal | undefined;
  #isPaused = false;

  /**
   * `context` gets to know whether the tool suspends itself. A call that is aborted by `signal` is booked at once:
   * a tool that does not listen to it may never come to its end.
   */
  constructor(permit: Permit, context: Suspending, signal?: AbortSignal) {
    this.permit = permit;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
    const { suspend } = context;
    if (suspend === undefined) return;
    context.suspend = (...args) => {
      this.#isPaused = true;
      return suspend(...args);
    };
  }

  /** Books the call; one that has only suspended itself runs again, and is paid then. */
  end(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#abort);
    return this.#isPaused ? pauseTool(this.permit) : endTool(this.permit);
  }

  readonly #abort = (): void => {
    this.end();
  };
}
