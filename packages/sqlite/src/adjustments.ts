import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Balance, StorageFailed } from "@tollgate/core";
import { type Adjustment, type KeptAdjustment, maxAmount } from "@tollgate/core/driver";
import { type BalanceCells, balanceOf } from "./balance-cells.ts";

const columns = 'id, kind, budget, "partition", "window", unit, amount, "by", reason';
const content = [
  "kind",
  "budget",
  "partition",
  "window",
  "unit",
  "amount",
  "by",
  "reason",
] as const satisfies readonly (keyof Adjustment)[];
const kinds: readonly string[] = ["top_up", "refund", "correction"] satisfies readonly Adjustment["kind"][];

/** What people changed of what was spent, and who and why; it is kept for ever. */
export class Adjustments {
  readonly #cells: BalanceCells;
  readonly #add: StatementSync;
  readonly #find: StatementSync;
  readonly #newest: StatementSync;

  constructor(database: DatabaseSync, cells: BalanceCells) {
    this.#cells = cells;
    this.#add = database.prepare(
      `INSERT INTO adjustments (at, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#find = database.prepare(`SELECT at, ${columns} FROM adjustments WHERE id = ?`);
    this.#newest = database.prepare(
      `SELECT at, ${columns} FROM adjustments WHERE ? IS NULL OR budget = ? ORDER BY position DESC LIMIT ?`,
    );
    this.#find.setReadBigInts(true);
    this.#newest.setReadBigInts(true);
  }

  /** Makes an adjustment, unless it is made already; within a transaction. @throws StorageFailed */
  make(adjustment: Adjustment, now: number): Balance {
    const { id, kind, budget, partition, window, unit, amount, by, reason } = adjustment;
    checkAmount(adjustment);
    const made = this.#find.get(id);
    if (made !== undefined && !isSame(keptOf(made), adjustment)) {
      throw new StorageFailed(
        `the id ${JSON.stringify(id)} is another adjustment's: give each an id of its own; nothing was changed`,
      );
    }
    const cell = this.#cells.find(adjustment);
    const spent = (cell?.spent ?? 0n) + (made === undefined ? amount : 0n);
    if (cell === null || !isWithin64Bits(spent)) {
      const stands = cell === null ? "has no balance" : `has a balance of ${cell.spent} spent`;
      throw new StorageFailed(
        `budget "${budget}" ${stands} in ${unit} for "${partition}" in the window ${window}, ` +
          `to which ${amount} cannot be added; nothing was changed`,
      );
    }
    if (made === undefined) {
      this.#add.run(now, id, kind, budget, partition, window, unit, amount, by, reason);
      cell.spent = spent;
      this.#cells.touch(cell, now);
    }
    return balanceOf(cell);
  }

  /** Up to `limit` of them, of one budget or all, the newest first. */
  list(budget: string | null, limit: number): readonly KeptAdjustment[] {
    return this.#newest.all(budget, budget, limit).map(keptOf);
  }
}

/** @throws StorageFailed unless it is an amount that the kind may have */
function checkAmount({ kind, amount }: Adjustment): void {
  if (!kinds.includes(kind)) {
    throw new StorageFailed(
      `an adjustment is a ${kinds.join(", ")}, not a ${String(kind)}; nothing was changed`,
    );
  }
  if (typeof amount !== "bigint" || !isWithin64Bits(amount)) {
    throw new StorageFailed(
      `${String(amount)} cannot be adjusted by: it is no 64-bit bigint; nothing was changed`,
    );
  }
  if (kind !== "correction" && amount >= 0n) {
    throw new StorageFailed(
      `a ${kind} takes from what was spent: give an amount below 0, not ${amount}; nothing was changed`,
    );
  }
}

function isWithin64Bits(amount: bigint): boolean {
  return amount <= maxAmount && amount >= -maxAmount - 1n;
}

function isSame(one: Adjustment, other: Adjustment): boolean {
  return content.every((member) => one[member] === other[member]);
}

function keptOf(row: Record<string, unknown>): KeptAdjustment {
  return {
    id: row.id as string,
    kind: row.kind as KeptAdjustment["kind"],
    budget: row.budget as string,
    partition: row.partition as string,
    window: row.window as string,
    unit: row.unit as string,
    amount: row.amount as bigint,
    by: row.by as string,
    reason: row.reason as string,
    adjustedAt: Number(row.at),
  };
}
