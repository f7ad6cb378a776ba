import { agentName } from "@tollgate/core/driver";
import type { ManualClock } from "@tollgate/core/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { codeAt, type StoppingGate } from "./stopping-gate.ts";

/** An agent, in one tenant or in all. */
interface NamedAgent {
  readonly agent: string;
  readonly tenant?: string;
}

/** What one of the gates does, or that time goes by. */
export type StopOperation =
  | { readonly do: "stop"; readonly gate: number; readonly target: string | NamedAgent }
  /** As a terminal deny does, which nobody waits for. */
  | { readonly do: "stop quietly"; readonly gate: number; readonly run: string }
  | { readonly do: "lift"; readonly gate: number; readonly agent: NamedAgent }
  | { readonly do: "look"; readonly gate: number; readonly run: string; readonly who: NamedAgent }
  | { readonly do: "wait"; readonly ms: number };

const gate = fc.nat(2);
const run = fc.constantFrom("run-0", "run-1");
const agent = fc.constantFrom("bot-0", "bot-1");
const tenant = fc.constantFrom("acme", "rival");
const named = fc.oneof(fc.record({ agent }), fc.record({ agent, tenant }));

/** Random histories of three gates. */
export const stopHistories: fc.Arbitrary<readonly StopOperation[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("stop" as const), gate, target: fc.oneof(run, named) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("stop quietly" as const), gate, run }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("lift" as const), gate, agent: named }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("look" as const),
        gate,
        run,
        who: fc.record({ agent, tenant }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(200) }) },
  ),
  { minLength: 1, maxLength: 20 },
);

/** When a name was stopped, by which gate, and whether that gate said so before all others knew. */
interface KnownStop {
  readonly at: number;
  readonly gate: number;
  readonly isQuiet: boolean;
}

/** Plays a history over gates that share stops, which may be `withinMs` late where nobody waits for them. */
export async function playStops(
  clock: ManualClock,
  gates: readonly StoppingGate[],
  withinMs: number,
  history: readonly StopOperation[],
): Promise<void> {
  const stopped = new Map<string, KnownStop>();
  for (const operation of history) {
    if (operation.do === "wait") {
      clock.advance(operation.ms);
      continue;
    }
    const at = gates[operation.gate];
    if (at === undefined) throw new RangeError(`there is no gate ${operation.gate}`);
    if (operation.do === "look") {
      const { who } = operation;
      const names = [operation.run, agentName(who.agent), agentName(who.agent, who.tenant)];
      const stops = names.flatMap((name) => stopped.get(name ?? "") ?? []);
      const code = await codeAt(at, operation.run, who);
      const must = stops.some(
        (stop) => !stop.isQuiet || stop.gate === operation.gate || stop.at < clock.now() - withinMs,
      );
      if (must) expect(code).toBe("run_stopped");
      if (stops.length === 0) expect(code).toBe("allowed");
      continue;
    }
    if (operation.do === "stop quietly") {
      const known = { at: clock.now(), gate: operation.gate, isQuiet: true };
      await at.stops.stop(operation.run, "because", clock.now());
      stopped.set(operation.run, stopped.get(operation.run) ?? known);
      continue;
    }
    const target = operation.do === "stop" ? operation.target : operation.agent;
    const name = typeof target === "string" ? target : (agentName(target.agent, target.tenant) ?? "");
    if (operation.do === "stop") {
      await at.gate.stop(target, "because");
      stopped.set(name, { at: clock.now(), gate: operation.gate, isQuiet: false });
    } else {
      expect(await at.stops.lift(name, clock.now())).toBe(stopped.delete(name));
      await at.stops.spread();
    }
  }
}
