import type { Decision } from "@tollgate/core";
import { costing, type GateFixture } from "./gate-fixture.ts";

/** Decides one call and moves the clock on until the answer is there, so that deadlines pass. */
export async function decided(fixture: GateFixture, key?: string): Promise<Decision> {
  const asked = fixture.gate.decide(costing("$1", key === undefined ? {} : { key }));
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (fixture.clock.timers > 0) fixture.clock.advance(1000);
  }
  return asked;
}
