import { getConfig, type TaskOptions, task } from "@langchain/langgraph";
import type { Awaitable, Decision, Gate, Permit, Run } from "@tollgate/core";
import { budgetRetryOn } from "./budget-retry-on.ts";
import { type CallAction, type CallOptions, GatedCalls } from "./gated-calls.ts";
import { withDenials } from "./to-denial.ts";

/** What a gated task does. */
export interface GatedTaskOptions<Args extends unknown[], Result> extends TaskOptions, CallOptions<Result> {
  /** The call that the task is about to make. */
  readonly action: (...args: Args) => Awaitable<CallAction>;
  /** Makes the call: sends `permit.action`. With a checkpointer its result must be serializable. */
  readonly call: (permit: Permit, ...args: Args) => Awaitable<Result>;
  /** What to answer for a skipped call. @default ActionDenied is thrown */
  readonly skipped?: (decision: Decision, ...args: Args) => Awaitable<Result>;
}

/**
 * A LangGraph task whose paid call is made only as far as the gate lets it, and only once: an entrypoint or node
 * that is run again after an interrupt gets the result that the checkpointer kept.
 *
 * Its retry policy never retries a refusal.
 *
 * @throws ActionDenied, ApprovalRequired, GateUnavailable, IdempotencyConflict; nothing was called then.
 */
export function gatedTask<Args extends unknown[], Result>(
  gateOrRun: Gate | Run,
  options: GatedTaskOptions<Args, Result>,
): (...args: Args) => Promise<Result> {
  const { name, retry, cachePolicy, timeout, action, call, skipped } = options;
  const calls = new GatedCalls<Result>(gateOrRun, options);
  const taskOptions: TaskOptions = {
    name,
    ...(retry === undefined ? {} : { retry: { ...retry, retryOn: budgetRetryOn(retry.retryOn) } }),
    ...(cachePolicy === undefined ? {} : { cachePolicy }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const run = task<Args, Promise<Result>>(taskOptions, (...args) =>
    withDenials(async () => {
      const config = getConfig();
      const decided = await calls.decide(await action(...args), config);
      const { decision } = decided;
      if (decision.outcome === "skip" && skipped !== undefined) return skipped(decision, ...args);
      return calls.perform(decided, config, (permit) => call(permit, ...args));
    }),
  );
  return async (...args) => await await run(...args);
}
