import { existsSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { readObject, readTime } from "@tollgate/core/driver";
import type { OpenFile } from "./open-file.ts";
import { noDelete } from "./schema.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/** What was dropped of one chain. */
export interface DroppedReceipts {
  readonly chain: string;
  /** The place of the checkpoint that the rest begins with; of what is before it only `key` receipts are left. */
  readonly from: number;
  /** How many are gone. */
  readonly receipts: number;
}

/** How many receipts go in one transaction, and then as many as there are to the next checkpoint. */
const stepRows = 1000;
/** How many receipts are looked at in one go. */
const pageRows = 5000;

/**
 * Drops old receipts, and answers of which chains, and how many.
 *
 * Of each chain goes what stands before its last checkpoint that was written before `before`, but for its `key`
 * receipts: what is left still verifies, as a trimmed chain. A chain without such a checkpoint stays whole, and
 * a decision whose reservation has not ended stays with all that comes after it. Other processes go on meanwhile,
 * and what is left verifies at every moment; only who is reading just then may miss some.
 *
 * `file` is a path, or what `sqliteFile` answers; one that is open for nothing else is closed after it. The file does
 * not shrink: what comes next takes the room.
 *
 * @throws InvalidConfig when `before` is no time; StorageFailed when there is no such file, or it cannot be done: what
 * was dropped until then is gone.
 */
export async function dropReceipts(
  file: string | SqliteFile,
  options: { readonly before: Date | string | number },
): Promise<readonly DroppedReceipts[]> {
  readObject(options, "options", ["before"]);
  const before = readTime(options.before, "before");
  if (before === undefined) throw new InvalidConfig("before", "say which receipts are old enough to go");
  // Opening it would make it, and nobody would hear that the receipts are in another one.
  if (typeof file === "string" && !existsSync(file)) {
    throw new StorageFailed(`there is no file ${file} to drop receipts from`);
  }
  const used = useFile(file, {}, []);
  const release = used.hold();
  try {
    return await new ReceiptDrop(used).run(before);
  } finally {
    await release();
  }
}

/** Where a receipt stands: a chain's times never go back, so that it is in their order, and found by it. */
interface Place {
  readonly time: number;
  readonly position: number;
}

const beginning: Place = { time: Number.NEGATIVE_INFINITY, position: 0 };
const isPlain = "run IS NULL AND hold IS NULL";

class ReceiptDrop {
  readonly #file: OpenFile;
  readonly #database: DatabaseSync;
  readonly #chains: StatementSync;
  readonly #nth: StatementSync;
  readonly #firstOpen: StatementSync;
  readonly #lastCheckpoint: StatementSync;
  readonly #nextCheckpoint: StatementSync;
  readonly #delete: StatementSync;

  constructor(file: OpenFile) {
    const { database } = file;
    this.#file = file;
    this.#database = database;
    this.#chains = database.prepare("SELECT number, name FROM chains ORDER BY name");
    this.#nth = database.prepare(
      `SELECT time, position FROM receipts
       WHERE chain = ? AND (time, position) > (?, ?) ORDER BY time, position LIMIT 1 OFFSET ?`,
    );
    // What is looked through and not watched has ended, or never held anything.
    this.#firstOpen = database.prepare(
      `SELECT time, position FROM receipts AS decided
       WHERE chain = ? AND (time, position) > (?, ?) AND (time, position) <= (?, ?)
         AND run IS NOT NULL AND hold IS NOT NULL AND json ->> '$.body.reservation' IS NOT NULL
         AND (EXISTS (SELECT 1 FROM watched WHERE id = decided.hold)
           OR position > (SELECT position FROM looked_through)
             AND NOT EXISTS (SELECT 1 FROM receipts AS ends WHERE ends.hold = decided.hold AND ends.run IS NULL))
       ORDER BY time, position LIMIT 1`,
    );
    const isCheckpoint = `chain = ? AND ${isPlain} AND json ->> '$.body.type' = 'checkpoint'`;
    this.#lastCheckpoint = database.prepare(
      `SELECT time, position, json ->> '$.body.seq' AS seq FROM receipts
       WHERE ${isCheckpoint} AND (time, position) < (?, ?) ORDER BY time DESC, position DESC LIMIT 1`,
    );
    this.#nextCheckpoint = database.prepare(
      `SELECT time, position FROM receipts
       WHERE ${isCheckpoint} AND (time, position) >= (?, ?) AND (time, position) <= (?, ?)
       ORDER BY time, position LIMIT 1`,
    );
    this.#delete = database.prepare(
      `DELETE FROM receipts WHERE chain = ? AND (time, position) < (?, ?)
         AND NOT (${isPlain} AND json ->> '$.body.type' = 'key')`,
    );
  }

  async run(before: number): Promise<readonly DroppedReceipts[]> {
    const dropped: DroppedReceipts[] = [];
    for (const { number, name } of await this.#file.read(() => this.#chains.all())) {
      const chain = number as number;
      const end = await this.#endOf(chain, { time: before, position: 0 });
      const anchor = await this.#file.read(() => this.#lastCheckpoint.get(chain, end.time, end.position));
      if (anchor === undefined) continue;
      const receipts = await this.#dropUpTo(chain, placeOf(anchor));
      if (receipts > 0) dropped.push({ chain: name as string, from: anchor.seq as number, receipts });
    }
    return dropped;
  }

  /** Where the first decision stands that has to stay, or `end` when there is none before it. */
  async #endOf(chain: number, end: Place): Promise<Place> {
    for (let after: Place | null = beginning; after !== null; ) {
      const from: Place = after;
      const last = await this.#file.read(() => this.#nth.get(chain, from.time, from.position, pageRows - 1));
      const until = last === undefined || !isBefore(placeOf(last), end) ? null : placeOf(last);
      const to = until ?? end;
      const open = await this.#file.read(() =>
        this.#firstOpen.get(chain, from.time, from.position, to.time, to.position),
      );
      if (open !== undefined) return placeOf(open);
      after = until;
      // Others get their turn between two pages.
      await new Promise((go) => setImmediate(go));
    }
    return end;
  }

  /** Drops what stands before a checkpoint, from checkpoint to checkpoint, so that the rest verifies whenever it ends. */
  async #dropUpTo(chain: number, anchor: Place): Promise<number> {
    let count = 0;
    for (let step = beginning; step.position !== anchor.position; ) {
      const from = step;
      step = await this.#file.read(() => this.#stepAfter(chain, from, anchor));
      count += await this.#file.write(() => this.#deleteBefore(chain, step));
      await new Promise((go) => setImmediate(go));
    }
    return count;
  }

  /** The next checkpoint that is far enough. */
  #stepAfter(chain: number, from: Place, anchor: Place): Place {
    const far = this.#nth.get(chain, from.time, from.position, stepRows);
    if (far === undefined) return anchor;
    const { time, position } = placeOf(far);
    const next = this.#nextCheckpoint.get(chain, time, position, anchor.time, anchor.position);
    return next === undefined ? anchor : placeOf(next);
  }

  /** The file lets nobody delete receipts, and does again when the transaction ends. */
  #deleteBefore(chain: number, { time, position }: Place): number {
    const { drop, create } = noDelete("receipts");
    this.#database.exec(drop);
    const { changes } = this.#delete.run(chain, time, position);
    this.#database.exec(create);
    return Number(changes);
  }
}

function placeOf({ time, position }: Record<string, unknown>): Place {
  return { time: time as number, position: position as number };
}

function isBefore(one: Place, other: Place): boolean {
  return one.time < other.time || (one.time === other.time && one.position < other.position);
}
