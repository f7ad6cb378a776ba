import { setImmediate } from "node:timers/promises";
import {
  createGate,
  type Gate,
  type GateOptions,
  gateBudget,
  type Permit,
  type Receipt,
} from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { type SqliteFile, type SqliteLedger, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { tempFile } from "./temp-folder.ts";

/** When the clock starts. */
export const start: number = Date.UTC(2026, 0, 1);
/** How long after an ending its receipt is missed. */
export const recordWithinMs: number = 600_000;

/** Checkpoints, but none before the end. */
export const never: GateOptions = { checkpoints: checkpoints({ every: 1_000_000, everyMs: 2_000_000_000 }) };

/** A file, and what is done with it. */
export interface Dropping {
  readonly path: string;
  readonly file: SqliteFile;
  readonly clock: ManualClock;
  readonly ledger: SqliteLedger;
  readonly gateOn: (chain: string, options?: GateOptions) => Gate;
  /** The receipts of one chain, or all of them. */
  readonly read: (chain?: string) => Promise<readonly Receipt[]>;
  readonly permit: (gate: Gate) => Promise<Permit>;
  /** Makes calls, one a second, each settled, until the chain has so many checkpoints. */
  readonly work: (gate: Gate, count: number) => Promise<void>;
}

/** A file, and gates on it whose chains get a checkpoint every ten receipts unless told otherwise. */
export function setup(): Dropping {
  const path = tempFile();
  const file = sqliteFile(path, { durability: "normal" });
  const clock = manualClock(start);
  const log = sqliteLog(file);
  const ledger = sqliteLedger(file, { clock });
  const gateOn = (chain: string, options: GateOptions = {}): Gate =>
    createGate({
      ledger: sqliteLedger(file, { clock, recordWithinMs }),
      log: sqliteLog(file),
      chain,
      clock,
      budgets: [{ id: "calls", limit: "1000000 calls" }],
      reservationTtlMs: 60_000,
      checkpoints: checkpoints({ every: 10, everyMs: 2_000_000_000 }),
      ...options,
    });
  const read = async (chain?: string) => {
    const receipts: Receipt[] = [];
    for await (const receipt of log.read(chain === undefined ? {} : { chain })) receipts.push(receipt);
    return receipts;
  };
  return {
    path,
    file,
    clock,
    ledger,
    gateOn,
    read,
    permit: (gate: Gate) => gateBudget(gate, { kind: "tool", name: "search", params: {} }),
    async work(gate: Gate, count: number) {
      for (let has = 0; has < count; ) {
        const permit = await gateBudget(gate, { kind: "tool", name: "search", params: {} });
        await permit.settle();
        clock.advance(1000);
        await setImmediate();
        has = (await read(gate.chain)).filter(isCheckpoint).length;
      }
    },
  };
}

/** Whether a receipt is a checkpoint. */
export function isCheckpoint({ body }: Receipt): boolean {
  return body.type === "checkpoint";
}

/** Whether a receipt names a key. */
export function isKey({ body }: Receipt): boolean {
  return body.type === "key";
}

/** What has to be left of a chain whose rest begins with its last checkpoint before a time. */
export function trimmed(receipts: readonly Receipt[], before: number): readonly Receipt[] {
  const anchor = receipts.findLastIndex((each) => isCheckpoint(each) && Date.parse(each.body.time) < before);
  return receipts.filter((each, nth) => nth >= anchor || isKey(each));
}
