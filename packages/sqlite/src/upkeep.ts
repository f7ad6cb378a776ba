import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OpenFile } from "./open-file.ts";
import type { SqliteRetention } from "./retention.ts";

/** How many rows of each kind are looked at in one go. */
const stepRows = 256;

/**
 * Forgets what is over for long, a few rows at a time: it goes round and round in the order of the rows' names.
 *
 * That needs no index by age, which every decision would have to write.
 */
export class Upkeep {
  readonly #file: OpenFile;
  readonly #retention: Required<SqliteRetention>;
  readonly #nextEnded: StatementSync;
  readonly #forgetEnded: StatementSync;
  readonly #forgetExpired: StatementSync;
  readonly #nextBalances: StatementSync;
  readonly #forgetBalance: StatementSync;
  #lastKey = "";
  #lastBalance: BalancePlace = firstPlace;

  constructor(file: OpenFile, retention: Required<SqliteRetention>) {
    const database: DatabaseSync = file.database;
    this.#file = file;
    this.#retention = retention;
    this.#nextEnded = database.prepare(
      "SELECT key, at, state = 'expired' AND data IS NOT NULL AS settles FROM ended WHERE key > ? " +
        "ORDER BY key LIMIT ?",
    );
    this.#forgetEnded = database.prepare("DELETE FROM ended WHERE key = ? AND at <= ?");
    this.#forgetExpired = database.prepare(
      "UPDATE ended SET data = NULL WHERE key = ? AND state = 'expired' AND at <= ?",
    );
    this.#nextBalances = database.prepare(
      `SELECT name, unit, span, part, until, at, held = 0 AS free FROM live
       WHERE kind = 0 AND (name, unit, span, part) > (?, ?, ?, ?)
       ORDER BY name, unit, span, part LIMIT ?`,
    );
    this.#forgetBalance = database.prepare(
      `DELETE FROM live
       WHERE kind = 0 AND name = ? AND unit = ? AND span = ? AND part = ? AND held = 0 AND at <= ?`,
    );
  }

  /** Looks at the next rows, and forgets those whose time is over at `now`. @throws StorageFailed */
  async step(now: number): Promise<void> {
    const forgets = await this.#file.read(() => [
      ...this.#endedToForget(now),
      ...this.#balancesToForget(now),
    ]);
    if (forgets.length === 0) return;
    await this.#file.write(() => {
      for (const forget of forgets) forget();
      this.#file.cells.abandoned();
    });
  }

  #endedToForget(now: number): readonly (() => void)[] {
    const { endedMs, expiredMs } = this.#retention;
    const rows = this.#nextEnded.all(this.#lastKey, stepRows) as EndedSeen[];
    this.#lastKey = rows.length < stepRows ? "" : (rows.at(-1)?.key ?? "");
    return rows.flatMap(({ key, at, settles }) => {
      if (at <= now - endedMs) return [() => void this.#forgetEnded.run(key, now - endedMs)];
      if (settles === 1 && at <= now - expiredMs) {
        return [() => void this.#forgetExpired.run(key, now - expiredMs)];
      }
      return [];
    });
  }

  #balancesToForget(now: number): readonly (() => void)[] {
    const { windowMs, runMs } = this.#retention;
    const { name, unit, span, part } = this.#lastBalance;
    const rows = this.#nextBalances.all(name, unit, span, part, stepRows) as BalanceSeen[];
    this.#lastBalance = rows.length < stepRows ? firstPlace : (rows.at(-1) ?? firstPlace);
    return rows.flatMap((row) => {
      const isOver =
        row.until === null
          ? row.span.startsWith("run:") && row.at <= now - runMs
          : row.until <= now - windowMs;
      if (!isOver || row.free !== 1) return [];
      // Whoever used it meanwhile keeps it.
      return [() => void this.#forgetBalance.run(row.name, row.unit, row.span, row.part, row.at)];
    });
  }
}

type EndedSeen = { readonly key: string; readonly at: number; readonly settles: number };

type BalancePlace = {
  readonly name: string;
  readonly unit: string;
  readonly span: string;
  readonly part: string;
};

type BalanceSeen = BalancePlace & {
  readonly until: number | null;
  readonly at: number;
  readonly free: number;
};

const firstPlace: BalancePlace = { name: "", unit: "", span: "", part: "" };
