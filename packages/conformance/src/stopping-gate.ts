import { createGate, type Gate, memoryLog, type Receipt } from "@tollgate/core";
import type { SharedStops } from "@tollgate/core/driver";
import type { ManualClock } from "@tollgate/core/testing";

/** A gate and the stops that it shares. */
export interface StoppingGate {
  readonly gate: Gate;
  readonly stops: SharedStops;
  readonly receipts: () => Promise<readonly Receipt[]>;
}

/** Makes a gate with these stops, and a budget that stops a run with its second call. */
export function stoppingGate(clock: ManualClock, stops: SharedStops): StoppingGate {
  const log = memoryLog();
  return {
    stops,
    gate: createGate({
      clock,
      log,
      stops,
      budgets: [{ id: "once", limit: "1 calls", per: "run", then: "stop" }],
    }),
    receipts: async () => {
      const read: Receipt[] = [];
      for await (const receipt of log.read()) read.push(receipt);
      return read;
    },
  };
}

/** What becomes of an action of a run, which leaves no trace. */
export async function codeAt(
  { gate }: Pick<StoppingGate, "gate">,
  id: string,
  who: { readonly agent?: string; readonly tenant?: string } = {},
): Promise<string> {
  const decision = await gate.decide({ kind: "tool", name: "look" }, { run: gate.run({ ...who, id }) });
  await decision.permit?.release("only a look");
  return decision.code;
}
