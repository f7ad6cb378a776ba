import type { BaseCheckpointSaver, LangGraphRunnableConfig } from "@langchain/langgraph";

/** How a task failed before: the gate refused its call, or something else went wrong. */
export type EarlierFailure = "refused" | "failed";

/**
 * How the checkpointer has it on record that this task failed in an earlier invocation, and nothing since; null
 * where it did not, or that cannot be told.
 *
 * After a failure whatever was paid for in it is lost, and running it again is a new attempt. A refusal tells
 * nothing of what was paid for: it may be that of a resume which found the call made, or being made, by another.
 */
export async function failedBefore({
  configurable,
  executionInfo,
}: LangGraphRunnableConfig): Promise<EarlierFailure | null> {
  const saver: BaseCheckpointSaver | undefined = configurable?.__pregel_checkpointer;
  if (typeof saver?.getTuple !== "function" || executionInfo === undefined) return null;
  const { checkpointId, taskId, threadId } = executionInfo;
  const namespaces = Object.entries<unknown>(configurable?.checkpoint_map ?? {})
    .filter(([, id]) => id === checkpointId)
    .map(([namespace]) => namespace)
    // A task inside a task's is kept with the graph's own checkpoint, whose namespace is the shortest.
    .sort((a, b) => a.length - b.length);
  const [checkpoint_ns = ""] = namespaces;
  const tuple = await saver.getTuple({
    configurable: { thread_id: threadId, checkpoint_ns, checkpoint_id: checkpointId },
  });
  const writes = (tuple?.pendingWrites ?? []).filter(([task]) => task === taskId);
  if (!writes.every(([, channel]) => incomplete.has(channel))) return null;
  const errors = writes.flatMap(([, channel, error]) => (channel === "__error__" ? [error] : []));
  if (errors.length === 0) return null;
  return errors.some((error) => !isRefusal(error)) ? "failed" : "refused";
}

/** LangGraph keeps of an error its name and its message. */
function isRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && refusals.has(error.name);
}

const refusals: ReadonlySet<unknown> = new Set([
  "ActionDenied",
  "ApprovalRequired",
  "GateUnavailable",
  "IdempotencyConflict",
]);

/** What LangGraph writes for a task that has not come to a result. */
const incomplete: ReadonlySet<string> = new Set([
  "__error__",
  "__error_source_node__",
  "__interrupt__",
  "__resume__",
]);
