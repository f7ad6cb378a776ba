import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { type Gate, InvalidAction, type Run, type Subject } from "@tollgate/core";
import { resolveRun } from "@tollgate/core/adapter";
import { Caller } from "./caller.ts";

/**
 * On whose behalf a graph is invoked: `configurable: { tollgate: { user: "alice" } }`, or the same in the
 * runtime's `context`; undefined when neither says so, and where a `caller` does: then it is in the run.
 *
 * The subject is not checked here: the gate refuses unknown or malformed fields.
 *
 * @throws InvalidAction for a credential that LangGraph would write into its streams.
 */
export function subjectOf(config: LangGraphRunnableConfig): Subject | undefined {
  const said = saidIn(config);
  if (said instanceof Caller) return undefined;
  if (typeof said === "object" && said !== null && "credential" in said) {
    throw new InvalidAction(
      "a credential must not stand in a graph's configuration as it is: say tollgate: caller({ credential })",
    );
  }
  return said as Subject | undefined;
}

/**
 * The run that a call inside a graph belongs to.
 *
 * A run given as such is that one. With a gate it is the one named by `thread_id`, so that a thread resumed in
 * another process goes on spending its own budgets; inside another run, such as that of an agent whose tool
 * invokes this graph, it is a child of it. Without a thread it is the gate's current run. With a `caller` it is a run
 * of that caller's, or a part of one.
 *
 * @throws InvalidAction when the thread's id has more than 128 characters, percent-encoded, and for a caller inside
 * of a run that has been opened by somebody else.
 */
export function runOf(gateOrRun: Gate | Run, config: LangGraphRunnableConfig): Run {
  const thread = threadOf(config);
  const said = saidIn(config);
  if (!("decide" in gateOrRun)) {
    if (said instanceof Caller) throw notTheirs("the run that its nodes were given");
    return gateOrRun;
  }
  const current = gateOrRun.currentRun();
  if (said instanceof Caller) {
    if (current === null) return said.run(gateOrRun, thread);
    if (!said.owns(current)) throw notTheirs("the run that it is invoked in");
  }
  if (thread === null) return resolveRun(gateOrRun);
  for (let run = current; run !== null; run = run.parent) if (run.id === thread && current) return current;
  if (current === null) return gateOrRun.run({ ...subjectOf(config), id: thread });
  return current.child({ ...(said instanceof Caller ? said.claims : subjectOf(config)), id: thread });
}

function saidIn({ configurable, context }: LangGraphRunnableConfig): unknown {
  return configurable?.tollgate ?? context?.tollgate;
}

function notTheirs(run: string): InvalidAction {
  return new InvalidAction(
    `a graph's caller cannot show a credential in ${run}: that one has been opened by somebody already`,
  );
}

/** The thread's id in the characters that a run's id may have; null without a thread. */
export function threadOf({ configurable }: LangGraphRunnableConfig): string | null {
  const thread: unknown = configurable?.thread_id;
  if (thread === undefined || thread === null || thread === "") return null;
  const text = String(thread);
  return /^[\x21-\x24\x26-\x7e]+$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}
