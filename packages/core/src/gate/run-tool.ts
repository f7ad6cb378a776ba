import type { Permit } from "./permit.ts";
import { endTool, pauseTool } from "./tool-call.ts";

/**
 * Runs a permitted tool so that what it does belongs to the permit's run, and ends the permit.
 *
 * A generator that it answers is handed on by {@link streamTool}. Where `isPause` says so of what it throws, it
 * has not failed but is to be run again: its money goes back.
 */
export async function runTool<T>(
  permit: Permit,
  execute: () => T | PromiseLike<T>,
  isPause: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    const result = await permit.run.gate.withRun(permit.run, async () => execute());
    if (isGenerator(result)) return streamTool(permit, result) as T;
    await endTool(permit);
    return result;
  } catch (error) {
    await (isPause(error) ? pauseTool(permit) : endTool(permit));
    throw error;
  }
}

/**
 * Hands on what a permitted tool yields, each step in the permit's run, and ends the permit when it is over or
 * left by its reader.
 */
export async function* streamTool<T, Result>(
  permit: Permit,
  parts: AsyncIterator<T, Result>,
): AsyncGenerator<T, Result | undefined> {
  try {
    for (;;) {
      // Each step anew: a generator runs in the context of whoever asks for its next value.
      const next = await permit.run.gate.withRun(permit.run, () => parts.next());
      if (next.done === true) return next.value;
      yield next.value;
    }
  } finally {
    try {
      await parts.return?.();
    } finally {
      await endTool(permit);
    }
  }
}

function isGenerator(value: unknown): value is AsyncGenerator {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}
