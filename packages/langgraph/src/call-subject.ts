import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Gate, Run, Subject } from "@tollgate/core";
import { resolveRun } from "@tollgate/core/adapter";

/**
 * On whose behalf a graph is invoked: `configurable: { tollgate: { user: "alice" } }`, or the same in the
 * runtime's `context`; undefined when neither says so.
 *
 * The subject is not checked here: the gate refuses unknown or malformed fields.
 */
export function subjectOf(config: LangGraphRunnableConfig): Subject | undefined {
  return config.configurable?.tollgate ?? config.context?.tollgate;
}

/**
 * The run that a call inside a graph belongs to.
 *
 * A run given as such is that one. With a gate it is the one named by `thread_id`, so that a thread resumed in
 * another process goes on spending its own budgets; inside another run, such as that of an agent whose tool
 * invokes this graph, it is a child of it. Without a thread it is the gate's current run.
 *
 * @throws InvalidAction when the thread's id has more than 128 characters, percent-encoded.
 */
export function runOf(gateOrRun: Gate | Run, config: LangGraphRunnableConfig): Run {
  const thread = threadOf(config);
  if (!("decide" in gateOrRun) || thread === null) return resolveRun(gateOrRun);
  const current = gateOrRun.currentRun();
  for (let run = current; run !== null; run = run.parent) if (run.id === thread && current) return current;
  const input = { ...subjectOf(config), id: thread };
  return current === null ? gateOrRun.run(input) : current.child(input);
}

/** The thread's id in the characters that a run's id may have; null without a thread. */
export function threadOf({ configurable }: LangGraphRunnableConfig): string | null {
  const thread: unknown = configurable?.thread_id;
  if (thread === undefined || thread === null || thread === "") return null;
  const text = String(thread);
  return /^[\x21-\x24\x26-\x7e]+$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}
