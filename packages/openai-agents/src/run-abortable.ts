import type { Permit } from "@tollgate/core";
import { endTool, runTool } from "@tollgate/core/adapter";

/**
 * Runs a permitted tool as `runTool` does, and books it at once where its call is aborted.
 *
 * The SDK leaves a tool that has timed out, which may never come to its end: nobody else would give up what is held.
 */
export async function runAbortable<T>(
  permit: Permit,
  signal: AbortSignal | undefined,
  execute: () => T | PromiseLike<T>,
  isPause?: (error: unknown) => boolean,
): Promise<T> {
  const end = () => {
    endTool(permit);
  };
  signal?.addEventListener("abort", end, { once: true });
  try {
    return await runTool(permit, execute, isPause);
  } finally {
    // A run's signal outlives its calls.
    signal?.removeEventListener("abort", end);
  }
}
