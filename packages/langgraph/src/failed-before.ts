import type { BaseCheckpointSaver, LangGraphRunnableConfig } from "@langchain/langgraph";

/**
 * Whether the checkpointer has it on record that this task failed in an earlier invocation, and nothing since.
 *
 * Then whatever was paid for in it is lost, and running it again is a new attempt. False where that cannot be
 * told.
 */
export async function failedBefore({
  configurable,
  executionInfo,
}: LangGraphRunnableConfig): Promise<boolean> {
  const saver: BaseCheckpointSaver | undefined = configurable?.__pregel_checkpointer;
  if (typeof saver?.getTuple !== "function" || executionInfo === undefined) return false;
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
  const channels = (tuple?.pendingWrites ?? []).flatMap(([task, channel]) =>
    task === taskId ? [channel] : [],
  );
  return channels.includes("__error__") && channels.every((channel) => incomplete.has(channel));
}

/** What LangGraph writes for a task that has not come to a result. */
const incomplete: ReadonlySet<string> = new Set([
  "__error__",
  "__error_source_node__",
  "__interrupt__",
  "__resume__",
]);
