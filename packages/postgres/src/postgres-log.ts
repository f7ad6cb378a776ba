import type { ChainHead, Receipt, ReceiptLog, ReceiptQuery, SealedReceipt } from "@tollgate/core";
import { readObject, readWhole } from "@tollgate/core/driver";
import { ChainWriter, headOf, readPlace } from "./chain-writer.ts";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";
import { readReceipts } from "./read-receipts.ts";

/** Options of {@link postgresLog}. */
export interface PostgresLogOptions {
  /**
   * How long an operation may take in all: waiting for a connection, for the answer, and for further tries. An
   * append whose answer is lost waits longer: until it is known what became of it.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly timeoutMs?: number;
}

/** A {@link ReceiptLog} in the schema `tollgate`. */
export interface PostgresLog extends ReceiptLog {
  append(entry: SealedReceipt): Promise<void>;
  /** In the order of appending, as of when it began. */
  read(query?: ReceiptQuery): AsyncIterable<Receipt>;
  head(chain: string): Promise<ChainHead | null>;
  heads(): Promise<readonly ChainHead[]>;
  close(): Promise<void>;
}

/**
 * Makes a receipt log in the schema `tollgate`; `migrate` makes the schema. The pool stays the application's.
 *
 * Writers of different chains never wait for each other. An append is answered when the receipt is durable, also
 * where `synchronous_commit` is off by default; what comes while one is under way is stored together.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresLog(pool: PostgresPool, options: PostgresLogOptions = {}): PostgresLog {
  readObject(options, "options", ["timeoutMs"]);
  const { timeoutMs = 4000 } = options;
  return new LogInPostgres(new Database(pool, readWhole(timeoutMs, "timeoutMs", 1)));
}

class LogInPostgres implements PostgresLog {
  readonly #database: Database;
  readonly #writers = new Map<string, ChainWriter>();
  #isClosed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  append(entry: SealedReceipt): Promise<void> {
    return this.#writer(entry.receipt.body.chain).append(entry);
  }

  read(query: ReceiptQuery = {}): AsyncIterable<Receipt> {
    return readReceipts(this.#database, query);
  }

  async head(chain: string): Promise<ChainHead | null> {
    const place = await readPlace(this.#database, chain);
    this.#writer(chain).learn(place);
    return place.head;
  }

  async heads(): Promise<readonly ChainHead[]> {
    const { rows } = await this.#database.ask({
      text: "SELECT * FROM tollgate.chains c WHERE c.digest IS NOT NULL ORDER BY c.chain",
      values: [],
      repeatable: true,
    });
    return rows.map(headOf).filter((head) => head !== null);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    this.#writers.clear();
  }

  #writer(chain: string): ChainWriter {
    let writer = this.#writers.get(chain);
    if (writer === undefined) {
      writer = new ChainWriter(chain, this.#database);
      if (this.#isClosed) writer.close();
      this.#writers.set(chain, writer);
    }
    return writer;
  }
}
