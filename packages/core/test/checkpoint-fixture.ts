import type { Gate, GateOptions, Receipt } from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { expect } from "vitest";
import { turn } from "./broken-ledger.ts";
import { checkedCheckpoints } from "./checked-checkpoints.ts";
import { costing, type GateFixture, gateFixture } from "./gate-fixture.ts";

/** How long a receipt waits for a checkpoint at most. */
export const minute = 60_000;

/** All receipts of a stream. */
export async function all(receipts: AsyncIterable<Receipt>): Promise<Receipt[]> {
  const read: Receipt[] = [];
  for await (const receipt of receipts) read.push(receipt);
  return read;
}

/** What the gate's chain consists of, a letter each: K key, D decision, P checkpoint, C close. */
export async function shape(gate: Gate): Promise<string> {
  const letters: Record<string, string> = { checkpoint: "P" };
  const types = (await all(gate.receipts())).map(({ body: { type } }) => letters[type] ?? type.charAt(0));
  return types.join("").toUpperCase();
}

/** Decides so many times, and lets the checkpoint follow that this may call for. */
export async function decide(gate: Gate, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    expect(await gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    await turn();
  }
}

/** The chain's checkpoints, each of which is right. */
export async function checked(gate: Gate): Promise<ReturnType<typeof checkedCheckpoints>> {
  return checkedCheckpoints(await all(gate.receipts()));
}

/** A gate with checkpoints, and what it tells of failures. */
export function checkpointFixture(
  options: GateOptions = {},
  every = 3,
): GateFixture & { readonly failures: string[] } {
  const failures: string[] = [];
  const made = gateFixture({
    checkpoints: checkpoints({ every, everyMs: minute }),
    onFailure: ({ during, cause }) => failures.push(`${during}: ${cause}`),
    ...options,
  });
  return { ...made, failures };
}
