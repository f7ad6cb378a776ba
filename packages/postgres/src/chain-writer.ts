import { Buffer } from "node:buffer";
import { type ChainHead, type SealedReceipt, StorageFailed } from "@tollgate/core";
import { headAfter, maxLineBytes, whyNotNext } from "@tollgate/core/driver";
import type { Database, Row } from "./database.ts";
import { checkText } from "./holds.ts";
import { pause } from "./pause.ts";
import { QueryFailed } from "./query-failure.ts";
import { columnsOf } from "./receipt-columns.ts";

/** How many receipts go in one statement, and how many characters of them. */
const maxGroup = 256;
const maxGroupLength = 4 * 1024 * 1024;

/** How many receipts of a chain may wait for the database. */
const maxWaiting = 10_000;

/** How long to wait before asking again what became of a group whose answer was lost. */
const resolveEveryMs = 200;

/** An append and whoever waits for it. */
interface Waiting {
  readonly entry: SealedReceipt;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Where a chain ends in the database, and the epoch in which it may be written on. */
interface Place {
  readonly head: ChainHead | null;
  readonly epoch: string;
}

/**
 * Appends to one chain, in order: all that came while one group was on its way goes with the next.
 *
 * An append is answered when it is known for certain what became of it. Where the answer of the database is lost
 * the chain's epoch is changed first, so that a group that is still on its way is not stored later; until the
 * database can be asked, the append waits.
 */
export class ChainWriter {
  readonly #chain: string;
  readonly #database: Database;
  /** Where the chain ends once all that waits is stored; undefined when that has to be asked. */
  #tail: ChainHead | null | undefined;
  #epoch = "0";
  /** Appends that follow each other and `#tail`. */
  #queue: Waiting[] = [];
  /** Appends that came while nobody knew what they have to follow. */
  #unchecked: Waiting[] = [];
  #running: Promise<void> | null = null;
  #isClosed = false;

  constructor(chain: string, database: Database) {
    this.#chain = chain;
    this.#database = database;
  }

  append(entry: SealedReceipt): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new StorageFailed("the log is closed");
      if (this.#queue.length + this.#unchecked.length >= maxWaiting) {
        throw new StorageFailed(`PostgreSQL does not keep up: ${maxWaiting} receipts wait for it already`);
      }
      checkText(entry.json);
      // Else it could be stored here, and not be handed on in a file.
      if (entry.json.length > maxLineBytes / 3 && Buffer.byteLength(entry.json) > maxLineBytes) {
        throw new StorageFailed(
          `a receipt longer than ${maxLineBytes} bytes is not stored: keep params smaller, or give the gate ` +
            'params: "digest"',
        );
      }
      const waiting = { entry, resolve, reject };
      // Somebody else may have gone on with the chain.
      if (this.#running === null && !this.#follows(entry)) this.#tail = undefined;
      if (this.#tail === undefined) this.#unchecked.push(waiting);
      else this.#enqueue(waiting);
      this.#running ??= this.#run();
    });
  }

  /** Takes note of where the chain was seen to end, so that the first append does not have to ask. */
  learn(place: Place): void {
    if (this.#running === null && this.#tail === undefined) this.#set(place);
  }

  /** Waits until nothing waits any more; gives up on what cannot be known. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #set({ head, epoch }: Place): void {
    this.#tail = head;
    this.#epoch = epoch;
  }

  #enqueue(waiting: Waiting): void {
    const { receipt, digest } = waiting.entry;
    const problem = whyNotNext(receipt, this.#tail ?? null);
    if (problem !== null) {
      waiting.reject(new StorageFailed(problem));
      return;
    }
    this.#tail = headAfter(receipt, digest);
    this.#queue.push(waiting);
  }

  #follows({ receipt }: SealedReceipt): boolean {
    return this.#tail !== undefined && whyNotNext(receipt, this.#tail) === null;
  }

  async #run(): Promise<void> {
    // Appends of the same turn join the first group.
    await null;
    while (this.#queue.length + this.#unchecked.length > 0) {
      let group: readonly Waiting[] = [];
      try {
        if (this.#tail === undefined) this.#set(await readPlace(this.#database, this.#chain));
        for (const waiting of this.#unchecked.splice(0)) this.#enqueue(waiting);
        group = this.#nextGroup();
        if (group.length > 0) await this.#store(group.map(({ entry }) => entry));
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#fail(group, error);
      }
    }
    this.#running = null;
  }

  #nextGroup(): readonly Waiting[] {
    let count = 0;
    let length = 0;
    for (const { entry } of this.#queue) {
      length += entry.json.length;
      if (count > 0 && (count === maxGroup || length > maxGroupLength)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** What was sealed on top of a receipt that failed cannot be stored, either. */
  #fail(group: readonly Waiting[], error: unknown): void {
    const failed = [...group, ...this.#queue, ...this.#unchecked];
    this.#queue = [];
    this.#unchecked = [];
    this.#tail = undefined;
    const reason = error instanceof Error ? error : new StorageFailed(String(error));
    for (const { reject } of failed) reject(reason);
  }

  /** @throws StorageFailed when the entries are not stored, and will not be. */
  async #store(entries: readonly SealedReceipt[]): Promise<void> {
    try {
      if (await this.#ask(entries)) return;
    } catch (error) {
      if (!(error instanceof QueryFailed) || error.kind !== "unanswered") throw error;
      if (await this.#isStored(entries)) return;
      throw error;
    }
    throw new StorageFailed(
      `chain "${this.#chain}" was written by somebody else meanwhile: give each gate a chain of its own`,
    );
  }

  async #ask(entries: readonly SealedReceipt[]): Promise<boolean> {
    const columns = entries.map(({ receipt }) => columnsOf(receipt));
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return true;
    const { seq, prev } = first.receipt.body;
    const { kid, closed } = headAfter(last.receipt, last.digest);
    const question = {
      text: "SELECT tollgate.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS is_stored",
      values: [
        this.#chain,
        this.#epoch,
        String(seq),
        prev,
        columns.map(({ type }) => type),
        columns.map(({ time }) => time),
        columns.map(({ run }) => run),
        columns.map(({ ref }) => ref),
        columns.map(({ outcome }) => outcome),
        columns.map(({ subject }) => subject),
        entries.map(({ json }) => json),
        last.digest,
        kid,
        closed,
      ],
      repeatable: false,
    };
    try {
      return isTrue(await this.#database.ask(question));
    } catch (error) {
      if (!isWithoutPartition(error)) throw error;
      // A month has begun.
      await this.#database.ask({ text: "SELECT tollgate.make_partitions()", values: [], repeatable: true });
      return isTrue(await this.#database.ask(question));
    }
  }

  /** Finds out, however long it takes, whether a group was stored; if not, it will not be any more. */
  async #isStored(entries: readonly SealedReceipt[]): Promise<boolean> {
    const last = entries.at(-1);
    if (last === undefined) return true;
    for (;;) {
      try {
        this.#epoch = await this.#fence();
        const {
          rows: [row],
        } = await this.#database.ask({
          text: "SELECT r.receipt FROM tollgate.receipts r WHERE r.chain = $1 AND r.seq = $2",
          values: [this.#chain, String(last.receipt.body.seq)],
          repeatable: true,
        });
        return row?.receipt === last.json;
      } catch (error) {
        if (this.#isClosed) {
          throw new StorageFailed("the log was closed before it was known whether the receipt is stored", {
            cause: error,
          });
        }
        await pause(resolveEveryMs);
      }
    }
  }

  /** Keeps what was sent before and is still on its way from being stored; answers the epoch from here on. */
  async #fence(): Promise<string> {
    const {
      rows: [row],
    } = await this.#database.ask({
      text: "SELECT tollgate.fence($1) AS epoch",
      values: [this.#chain],
      repeatable: true,
    });
    return row?.epoch ?? "0";
  }
}

/** Where a chain ends in the database. */
export async function readPlace(database: Database, chain: string): Promise<Place> {
  const {
    rows: [row],
  } = await database.ask({
    text: "SELECT * FROM tollgate.chains c WHERE c.chain = $1",
    values: [chain],
    repeatable: true,
  });
  return row === undefined ? { head: null, epoch: "0" } : { head: headOf(row), epoch: row.epoch ?? "0" };
}

/** A row of `tollgate.chains`; null for a chain of which nothing is stored. */
export function headOf(row: Row): ChainHead | null {
  if (row.digest == null) return null;
  return {
    chain: row.chain ?? "",
    seq: Number(row.seq),
    digest: row.digest,
    time: row.time ?? "",
    kid: row.kid ?? "",
    closed: row.closed === "t",
  };
}

function isTrue({ rows: [row] }: { readonly rows: readonly Row[] }): boolean {
  return row?.is_stored === "t";
}

function isWithoutPartition(error: unknown): boolean {
  return error instanceof QueryFailed && error.sqlState === "23514";
}
