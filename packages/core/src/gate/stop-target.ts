import { readSubject } from "../action/read-subject.ts";
import type { Subject } from "../action/subject.ts";
import { cleanText } from "../codec/clean-text.ts";
import { given } from "../codec/given.ts";
import { InvalidAction } from "../errors.ts";
import { agentName } from "../ledger/stops.ts";
import type { StopTarget } from "./gate.ts";
import type { GateCore } from "./gate-core.ts";

/**
 * Stops a run, by its id, or else the agent that is named, and resolves once all who share the stops must know.
 *
 * @throws InvalidAction when the target or the reason makes no sense; what the store of stops throws.
 */
export async function stopTarget(
  { stops, recorder, inTime }: GateCore,
  run: string | undefined,
  target: StopTarget,
  reason: string,
): Promise<void> {
  const { agent, tenant, ...more } = run === undefined ? readSubject(target as Subject) : {};
  const name = run ?? agentName(agent, tenant);
  // Whoever names a user, too, does not mean what the agent does for all others.
  if (name === undefined || Object.keys(more).length > 0 || typeof reason !== "string" || reason === "") {
    throw new InvalidAction('say why: gate.stop(run, "...") or gate.stop({ agent }, "...")');
  }
  // Where the store fails it holds in this gate all the same.
  let isNew = stops.reason(name) === null;
  try {
    isNew = await inTime("the store of stops", stops.stop(name, reason, recorder.recordTime()));
  } finally {
    if (isNew)
      await recorder.writeOrOwe(given({ type: "stop", run, agent, tenant, reason: cleanText(reason) }));
  }
  await stops.spread?.();
}
