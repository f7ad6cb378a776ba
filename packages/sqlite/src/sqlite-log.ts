import type { ChainHead, Receipt, ReceiptLog, ReceiptQuery, SealedReceipt } from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { headAfter, maxLineBytes, readTime, receiptFilter, whyNotNext } from "@tollgate/core/driver";
import { ChainRows } from "./chain-rows.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import { openPages } from "./receipt-pages.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/** A {@link ReceiptLog} that can be asked for more. */
export interface SqliteLog extends ReceiptLog {
  read(query?: ReceiptQuery): AsyncIterable<Receipt>;
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

  async *read(query: ReceiptQuery = {}): AsyncGenerator<Receipt, void, void> {
    const { run, chain, subject } = query;
    const isAsked = receiptFilter(query);
    // A subject's settlements are told by its decisions, which may be older.
    const from = subject === undefined ? readTime(query.from, "from") : undefined;
    const until = readTime(query.until, "until");
    const next = await this.#file.read(() => openPages(this.#file.database, { chain, run, from, until }));
    for (;;) {
      const page = await this.#file.read(() => next(pageRows));
      if (page.length === 0) return;
      for (const json of page) {
        const receipt: Receipt = JSON.parse(json);
        if (isAsked(receipt)) yield receipt;
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
