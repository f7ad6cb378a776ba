import type { ChainHead, Receipt, ReceiptLog, ReceiptQuery, SealedReceipt, Subject } from "@tollgate/core";
import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { headAfter, maxLineBytes, receiptFilter, whyNotNext } from "@tollgate/core/driver";
import { ChainRows } from "./chain-rows.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import { openPages } from "./receipt-pages.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { subjectFilter } from "./subject-filter.ts";
import { useFile } from "./use-file.ts";

/** Which receipts to read; an absent member matches all. */
export interface SqliteReceiptQuery extends ReceiptQuery {
  /** On whose behalf: every field given has to be the same. Finds decisions, and how each ended. */
  readonly subject?: Subject;
  /** Not before this time; RFC 3339 or epoch milliseconds. */
  readonly from?: string | number;
  /** Before this time. */
  readonly until?: string | number;
}

/** A {@link ReceiptLog} that can be asked for more. */
export interface SqliteLog extends ReceiptLog {
  read(query?: SqliteReceiptQuery): AsyncIterable<Receipt>;
  heads(): Promise<readonly ChainHead[]>;
}

/** How many receipts are read in one go: nobody is held up by a slow reader. */
const pageRows = 256;

/**
 * Makes a receipt log in an SQLite file; any number of processes on one machine may share it, with a chain for
 * each writer.
 *
 * `file` is a path, or what `sqliteFile` answers. Appends that are under way together share one commit. Receipts
 * cannot be changed or deleted through SQL: the table only takes new rows.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteLog(file: string | SqliteFile, options: SqliteFileOptions = {}): SqliteLog {
  return new LogInSqlite(useFile(file, options, []));
}

class LogInSqlite implements SqliteLog {
  readonly #file: OpenFile;
  readonly #rows: ChainRows;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile) {
    this.#release = file.hold();
    this.#file = file;
    this.#rows = new ChainRows(file.database);
  }

  append(entry: SealedReceipt): Promise<void> {
    const { receipt, json, digest } = entry;
    return this.#file.write(() => {
      // A character is at most three bytes of UTF-8, so that only long receipts are counted out.
      if (json.length > maxLineBytes / 3 && Buffer.byteLength(json) > maxLineBytes) {
        throw new StorageFailed(
          `the receipt is longer than the ${maxLineBytes} bytes that ${this.#file.path} takes, so it is not in ` +
            'it; keep params smaller, or give the gate params: "digest"',
        );
      }
      const known = this.#rows.head(receipt.body.chain);
      const problem = whyNotNext(receipt, known?.head ?? null);
      if (problem !== null) throw new StorageFailed(problem);
      this.#rows.add(entry, headAfter(receipt, digest), known?.number ?? null);
    });
  }

  async *read(query: SqliteReceiptQuery = {}): AsyncGenerator<Receipt, void, void> {
    const { run, chain, subject } = query;
    const [from, until] = [timeOf(query.from, "from"), timeOf(query.until, "until")];
    const isAsked = receiptFilter(query);
    const isOfSubject = subjectFilter(subject);
    // A subject's settlements are told by its decisions, which may be older.
    const since = subject === undefined ? from : undefined;
    const next = await this.#file.read(() =>
      openPages(this.#file.database, { chain, run, from: since, until }),
    );
    for (;;) {
      const page = await this.#file.read(() => next(pageRows));
      if (page.length === 0) return;
      for (const json of page) {
        const receipt: Receipt = JSON.parse(json);
        // Both remember what they have seen, so that each has to see every receipt.
        const isFound = [isAsked(receipt), isOfSubject(receipt)].every(Boolean);
        if (isFound && isWithin(receipt, from, until)) yield receipt;
      }
    }
  }

  head(chain: string): Promise<ChainHead | null> {
    return this.#file.read(() => this.#rows.head(chain)?.head ?? null);
  }

  heads(): Promise<readonly ChainHead[]> {
    return this.#file.read(() => this.#rows.heads());
  }

  close(): Promise<void> {
    return this.#release();
  }
}

/** @throws InvalidConfig when it is no time */
function timeOf(input: string | number | undefined, field: string): number | undefined {
  if (input === undefined) return undefined;
  const time = typeof input === "number" ? input : Date.parse(input);
  if (Number.isNaN(time)) throw new InvalidConfig(field, 'expected a time such as "2026-11-20T00:00:00Z"');
  return time;
}

function isWithin({ body }: Receipt, from: number | undefined, until: number | undefined): boolean {
  if (from === undefined && until === undefined) return true;
  const time = Date.parse(body.time);
  return (from === undefined || time >= from) && (until === undefined || time < until);
}
