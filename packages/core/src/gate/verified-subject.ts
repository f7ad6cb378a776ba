import type { Subject } from "../action/subject.ts";
import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { Gate } from "./gate.ts";
import { resolveRun } from "./resolve-run.ts";
import type { Run } from "./run.ts";
import { RunHandle } from "./run-handle.ts";

/**
 * Who acts in a run, once its credential was looked at; what was claimed where it has none, or one that is refused.
 *
 * For whoever claims something only where nobody else says it. Decides nothing, and never rejects.
 */
export function verifiedSubject(run: Run): Awaitable<Subject> {
  const holder = run instanceof RunHandle ? run.holder : undefined;
  if (holder === undefined || holder.subject !== null) return run.subject;
  const admitted = holder.admit((run as RunHandle).now(), undefined);
  return isPromiseLike(admitted) ? admitted.then(() => run.subject) : run.subject;
}

/** Whether credentials decide who acts, so that an adapter must not name agents itself. */
export function hasIdentity(gateOrRun: Gate | Run): boolean {
  const run = resolveRun(gateOrRun);
  return run instanceof RunHandle && run.holder !== undefined;
}
