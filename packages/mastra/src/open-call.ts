import type { Permit } from "@tollgate/core";
import { endTool, pauseTool } from "@tollgate/core/adapter";

/** Whatever Mastra gives to a tool to suspend its agent or workflow with. */
export interface Suspending {
  suspend?: (...args: never[]) => unknown;
}

/** A tool call that has been let through and is running. */
export class OpenCall {
  readonly permit: Permit;
  #isPaused = false;

  /** `context` gets to know whether the tool suspends itself. */
  constructor(permit: Permit, context: Suspending) {
    this.permit = permit;
    const { suspend } = context;
    if (suspend === undefined) return;
    context.suspend = (...args) => {
      this.#isPaused = true;
      return suspend(...args);
    };
  }

  /** Books the call; one that has only suspended itself runs again, and is paid then. */
  end(): Promise<void> {
    return this.#isPaused ? pauseTool(this.permit) : endTool(this.permit);
  }
}
