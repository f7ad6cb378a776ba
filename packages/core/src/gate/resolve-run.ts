import type { Gate } from "./gate.ts";
import type { Run } from "./run.ts";

/** The run that a gate or a run stands for now: itself, the one of `withRun`, or the gate's default run. */
export function resolveRun(gateOrRun: Gate | Run): Run {
  return "decide" in gateOrRun ? (gateOrRun.currentRun() ?? gateOrRun.defaultRun) : gateOrRun;
}
