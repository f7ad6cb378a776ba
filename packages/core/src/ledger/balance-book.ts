import type { Balance, BalanceQuery } from "../action/balance.ts";
import { StorageFailed } from "../errors.ts";
import { type Aged, AgeList } from "./age-list.ts";
import { type Due, DueQueue } from "./due-queue.ts";
import { Fingerprints } from "./fingerprints.ts";
import type { Claim } from "./ledger.ts";
import type { MemoryRetention } from "./memory-retention.ts";

/** One balance, as it is kept. */
export interface BalanceCell {
  readonly shelf: Shelf;
  readonly partition: string;
  limit: bigint | null;
  spent: bigint;
  held: bigint;
}

/** All balances of one budget, unit and window: they come and go together. */
interface Shelf extends Due, Aged<Shelf> {
  readonly home: UnitBook;
  readonly window: string;
  readonly endsAt: number | null;
  readonly cells: Map<string, BalanceCell>;
  /** Reservations that hold here or may still settle here; while there are any, the shelf stays. */
  pins: number;
}

/** One budget in one unit: a budget whose unit is changed starts new balances. */
interface UnitBook {
  readonly budget: string;
  readonly unit: string;
  readonly shelves: Map<string, Shelf>;
  /** The latest end of a window that was forgotten. */
  forgottenUntil: number;
}

/** How many shelves one call of `prune` forgets at most, so that no caller pays for all. */
const pruneSteps = 4;

/** The balances of a memory ledger, and which of them may be forgotten when. */
export class BalanceBook {
  readonly #retention: Required<MemoryRetention>;
  readonly #budgets = new Map<string, Map<string, UnitBook>>();
  /** Shelves of timed windows without pins, by when they may go. */
  readonly #timed = new DueQueue<Shelf>();
  /** Shelves of runs without pins, longest unused first. */
  readonly #runs = new AgeList<Shelf>();
  readonly #forgottenRuns: Fingerprints;
  #size = 0;

  constructor(retention: Required<MemoryRetention>) {
    this.#retention = retention;
    this.#forgottenRuns = new Fingerprints(retention.fingerprints);
  }

  /** How many balances there are. */
  get size(): number {
    return this.#size;
  }

  /** How many runs are remembered by their fingerprint alone. */
  get forgottenRuns(): number {
    return this.#forgottenRuns.size;
  }

  /**
   * The balance of a claim, or null when nothing was ever held or spent there.
   *
   * @throws StorageFailed when it was forgotten.
   */
  find(claim: Claim): BalanceCell | null {
    const home = this.#budgets.get(claim.budget)?.get(claim.unit);
    const shelf = home?.shelves.get(claim.window);
    if (shelf !== undefined) return shelf.cells.get(claim.partition) ?? null;
    if (home !== undefined) this.#refuseForgotten(home, claim);
    return null;
  }

  /** Makes the balance of a claim that {@link find} did not find. */
  open(claim: Claim): BalanceCell {
    let units = this.#budgets.get(claim.budget);
    if (units === undefined) {
      units = new Map();
      this.#budgets.set(claim.budget, units);
    }
    let home = units.get(claim.unit);
    if (home === undefined) {
      home = { budget: claim.budget, unit: claim.unit, shelves: new Map(), forgottenUntil: -Infinity };
      units.set(claim.unit, home);
    }
    const shelf = home.shelves.get(claim.window) ?? this.#addShelf(home, claim);
    const cell = { shelf, partition: claim.partition, limit: claim.limit, spent: 0n, held: 0n };
    shelf.cells.set(claim.partition, cell);
    this.#size += 1;
    return cell;
  }

  /** Keeps a balance until it is unpinned as often. */
  pin({ shelf }: BalanceCell): void {
    shelf.pins += 1;
    if (shelf.pins > 1) return;
    if (shelf.endsAt !== null) this.#timed.remove(shelf);
    else if (isRun(shelf.window) && shelf.since !== never) this.#runs.remove(shelf);
  }

  unpin({ shelf }: BalanceCell, now: number): void {
    shelf.pins -= 1;
    if (shelf.pins > 0) return;
    if (shelf.endsAt !== null) this.#timed.add(shelf);
    else if (isRun(shelf.window)) this.#runs.add(shelf, now);
  }

  /** Forgets some of what may be forgotten by now. */
  prune(now: number): void {
    const { runMs, runCount } = this.#retention;
    for (let step = 0; step < pruneSteps; step++) {
      const ended = this.#timed.first;
      if (ended === undefined || ended.dueAt > now) break;
      this.#timed.remove(ended);
      ended.home.forgottenUntil = Math.max(ended.home.forgottenUntil, ended.endsAt ?? -Infinity);
      this.#drop(ended);
    }
    for (let step = 0; step < pruneSteps; step++) {
      const idle = this.#runs.overdue(now, runMs, runCount);
      if (idle === null) break;
      this.#runs.remove(idle);
      this.#forgottenRuns.add(fingerprintOf(idle.home, idle.window));
      this.#drop(idle);
    }
  }

  list({ budget, partition, window }: BalanceQuery): readonly Balance[] {
    const found: Balance[] = [];
    for (const units of pick(this.#budgets, budget)) {
      for (const { shelves } of units.values()) {
        for (const shelf of pick(shelves, window)) {
          for (const cell of pick(shelf.cells, partition)) found.push(balanceOf(cell));
        }
      }
    }
    return found;
  }

  #addShelf(home: UnitBook, { window, endsAt }: Claim): Shelf {
    const dueAt = (endsAt ?? Number.POSITIVE_INFINITY) + this.#retention.windowMs;
    const shelf: Shelf = {
      home,
      window,
      endsAt,
      cells: new Map(),
      pins: 0,
      dueAt,
      place: -1,
      older: null,
      newer: null,
      since: never,
    };
    home.shelves.set(window, shelf);
    return shelf;
  }

  #refuseForgotten(home: UnitBook, { window, endsAt }: Claim): void {
    if (endsAt !== null && endsAt <= home.forgottenUntil) {
      throw new StorageFailed(
        `the balance of budget "${home.budget}" in the window ${window} was forgotten after its end; ` +
          "claim the current window, and give the ledger the gate's clock",
      );
    }
    if (isRun(window) && this.#forgottenRuns.has(fingerprintOf(home, window))) {
      throw new StorageFailed(
        `the balance of budget "${home.budget}" for ${window} was forgotten after long disuse; ` +
          "start a new run, or raise retention.runMs and retention.runCount",
      );
    }
  }

  #drop(shelf: Shelf): void {
    shelf.home.shelves.delete(shelf.window);
    this.#size -= shelf.cells.size;
  }
}

/** A balance as it stands, for a caller to keep. */
export function balanceOf({ shelf, partition, limit, spent, held }: BalanceCell): Balance {
  const { home, window, endsAt } = shelf;
  return { budget: home.budget, partition, window, endsAt, unit: home.unit, limit, spent, held };
}

/** `since` of a shelf that was in no list yet. */
const never = Number.NEGATIVE_INFINITY;

function isRun(window: string): boolean {
  return window.startsWith("run:");
}

function fingerprintOf({ budget, unit }: UnitBook, window: string): string {
  return `${budget}\n${unit}\n${window}`;
}

/** The value under a key, or all values when there is none given. */
function pick<Value>(values: ReadonlyMap<string, Value>, key: string | undefined): Iterable<Value> {
  if (key === undefined) return values.values();
  const value = values.get(key);
  return value === undefined ? [] : [value];
}
