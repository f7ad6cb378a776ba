import { getCurrentTrace } from "@openai/agents";
import type { Gate, Run, Subject } from "@tollgate/core";
import { verifiedSubject } from "@tollgate/core/adapter";

/** The id of the SDK's traces that are none, where tracing is off. */
const noTrace = "no-op";

/**
 * The run that a call belongs to: the one that is given, else that of `gate.withRun`, else the one named by the
 * SDK's trace, which a RunState carries to other processes, else the gate's default run.
 *
 * @throws InvalidAction when the trace was given an id that no run can have.
 */
export function runOf(gateOrRun: Gate | Run): Run {
  if (!("decide" in gateOrRun)) return gateOrRun;
  const current = gateOrRun.currentRun();
  if (current !== null) return current;
  const id = getCurrentTrace()?.traceId ?? noTrace;
  return id === noTrace ? gateOrRun.defaultRun : gateOrRun.run({ id });
}

/**
 * The trace's group as the session of one call, where its run does not say which session it is.
 *
 * What a credential says of it is known once it is verified, and not before.
 */
export async function subjectOf(run: Run): Promise<{ readonly subject?: Subject }> {
  const session = getCurrentTrace()?.groupId;
  if (!session) return {};
  const own = await verifiedSubject(run);
  return own.session === undefined ? { subject: { session } } : {};
}
