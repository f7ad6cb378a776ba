import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Balance, BalanceQuery, Claim } from "@tollgate/core";
import type { Companion } from "./group-commit.ts";

/** Which balance: what tells one from all others. */
export type BalanceName = Pick<Claim, "budget" | "partition" | "window" | "unit">;

/** One balance; what is changed here is written before the transaction under way commits. */
export interface BalanceCell extends BalanceName {
  readonly endsAt: number | null;
  limit: bigint | null;
  spent: bigint;
  held: bigint;
  /** When it was last changed, in epoch milliseconds. */
  usedAt: number;
  /** Not in the file yet. */
  isNew: boolean;
  isChanged: boolean;
}

/** How many balances are kept between transactions at most. */
const maxKept = 4096;

const columns = 'name AS budget, part AS "partition", span AS "window", unit, until, most, spent, held, at';
const isOne = "kind = 0 AND name = ? AND unit = ? AND span = ? AND part = ?";

/**
 * The balances that transactions have looked at.
 *
 * All work that shares a transaction sees each other's changes here, and a balance that many of them change is
 * written once. What is committed is kept for the next transaction, unless another connection has written
 * meanwhile.
 */
export class BalanceCells implements Companion {
  readonly #cells = new Map<string, BalanceCell>();
  #changed: BalanceCell[] = [];
  #version = -1;
  readonly #dataVersion: StatementSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#dataVersion = database.prepare("PRAGMA data_version");
    // Node 22 cannot; it costs less where it can, and this is asked with every transaction.
    this.#dataVersion.setReturnArrays?.(true);
    this.#select = database.prepare(`SELECT until, most, spent, held, at FROM live WHERE ${isOne}`);
    this.#select.setReadBigInts(true);
    this.#insert = database.prepare(
      "INSERT INTO live (kind, name, unit, span, part, until, most, spent, held, at) " +
        "VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#update = database.prepare(`UPDATE live SET most = ?, spent = ?, held = ?, at = ? WHERE ${isOne}`);
  }

  /** The balance of a claim, or null when nothing was ever held or spent there; within a transaction only. */
  find(name: BalanceName): BalanceCell | null {
    const place = placeOf(name);
    const known = this.#cells.get(place);
    if (known !== undefined) return known;
    const { budget, unit, window, partition } = name;
    const row = this.#select.get(budget, unit, window, partition);
    if (row === undefined) return null;
    const cell = {
      budget,
      unit,
      window,
      partition,
      endsAt: row.until as number | null,
      limit: row.most as bigint | null,
      spent: row.spent as bigint,
      held: row.held as bigint,
      usedAt: row.at as number,
      isNew: false,
      isChanged: false,
    };
    this.#cells.set(place, cell);
    return cell;
  }

  /** {@link BalanceCells.find}, or a new balance; to be changed within this transaction. */
  open(claim: Claim, now: number): BalanceCell {
    let cell = this.find(claim);
    if (cell === null) {
      const { budget, unit, window, partition, endsAt, limit } = claim;
      cell = {
        budget,
        unit,
        window,
        partition,
        endsAt,
        limit,
        spent: 0n,
        held: 0n,
        usedAt: now,
        isNew: true,
        isChanged: false,
      };
      this.#cells.set(placeOf(claim), cell);
    }
    this.touch(cell, now);
    return cell;
  }

  /** Notes that a balance is changed within this transaction. */
  touch(cell: BalanceCell, now: number): void {
    cell.usedAt = now;
    if (cell.isChanged) return;
    cell.isChanged = true;
    this.#changed.push(cell);
  }

  /** The committed balances that match, in the order of their names. */
  list({ budget, partition, window }: BalanceQuery): readonly Balance[] {
    const wanted = [
      ["name", budget],
      ["part", partition],
      ["span", window],
    ].flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
    const statement = this.#database.prepare(
      `SELECT ${columns} FROM live WHERE kind = 0${wanted.map(({ column }) => ` AND ${column} = ?`).join("")}`,
    );
    statement.setReadBigInts(true);
    return statement.all(...wanted.map(({ value }) => value)).map((row) => ({
      budget: row.budget as string,
      partition: row.partition as string,
      window: row.window as string,
      endsAt: row.until as number | null,
      unit: row.unit as string,
      limit: row.most as bigint | null,
      spent: row.spent as bigint,
      held: row.held as bigint,
    }));
  }

  begun(): void {
    const version = Object.values(this.#dataVersion.get() ?? {})[0] as number;
    if (version === this.#version && this.#cells.size <= maxKept) return;
    this.#version = version;
    this.#cells.clear();
  }

  beforeCommit(): void {
    for (const { budget, unit, window, partition, endsAt, limit, spent, held, usedAt, isNew } of this
      .#changed) {
      if (isNew) this.#insert.run(budget, unit, window, partition, endsAt, limit, spent, held, usedAt);
      else this.#update.run(limit, spent, held, usedAt, budget, unit, window, partition);
    }
  }

  committed(): void {
    for (const cell of this.#changed) {
      cell.isNew = false;
      cell.isChanged = false;
    }
    this.#changed = [];
  }

  /** Forgets what it knows: the transaction was given up, or balances were changed in the file itself. */
  abandoned(): void {
    this.#cells.clear();
    this.#changed = [];
  }
}

/** A balance as it stands, for a caller to keep. */
export function balanceOf({
  budget,
  partition,
  window,
  endsAt,
  unit,
  limit,
  spent,
  held,
}: BalanceCell): Balance {
  return { budget, partition, window, endsAt, unit, limit, spent, held };
}

/** Names a balance by one text; the window stands last, as it may hold any character. */
function placeOf({ budget, unit, partition, window }: BalanceName): string {
  return `${budget.length},${unit.length},${partition.length}:${budget}${unit}${partition}${window}`;
}
