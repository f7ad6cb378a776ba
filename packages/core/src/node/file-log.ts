import { createReadStream } from "node:fs";
import { readWhole } from "../action/config-values.ts";
import type { Awaitable } from "../awaitable.ts";
import { decodeUtf8 } from "../codec/utf8.ts";
import { InvalidConfig, messageOf, StorageFailed } from "../errors.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { receiptFilter } from "../receipt/receipt-filter.ts";
import { receiptLines } from "../receipt/receipt-lines.ts";
import type { ChainHead, ReceiptLog, ReceiptQuery, SealedReceipt } from "../receipt/receipt-log.ts";
import { BufferedWriter } from "./buffered-writer.ts";
import { lockFile } from "./file-lock.ts";
import { GroupWriter } from "./group-writer.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { LogHeads } from "./log-heads.ts";
import type { LogWriter } from "./log-writer.ts";
import { recoverLog } from "./recover-log.ts";

/** How a file log keeps its promise. */
export interface FileLogOptions {
  /**
   * What a receipt survives once `append` has answered.
   *
   * - `fsync`: a power failure. Concurrent appends share one write and one sync, which takes as long as the
   *   disk does (0.1 to 10 ms).
   * - `buffered`: the end of the process, but not that of the machine. Takes microseconds.
   *
   * @default "fsync" (no effect without a receipt, whatever happens)
   */
  readonly durability?: "fsync" | "buffered";
  /**
   * How many receipts are written in one go under `fsync`; appends beyond it wait for the next one.
   *
   * @default 1024
   */
  readonly maxPending?: number;
}

/**
 * A receipt log in a file: one receipt per line, as canonical JSON (JSON Lines).
 *
 * The file, its folders and `<path>.lock` are made where they are missing. One process at a time may write
 * it; many chains may share it; anybody may read it meanwhile. A line that a crash cut short is removed on
 * opening, which reads the whole file once. When a write fails, every append under way rejects and the file
 * is cut back, so that none of those receipts is found later; if that fails too the log takes no more.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be opened or has
 * another writer. A file that holds something else makes every method reject with StorageFailed.
 */
export function fileLog(path: string, options: FileLogOptions = {}): ReceiptLog {
  return createFileLog(path, options, openLogFile);
}

/** {@link fileLog} on files that `open` opens. */
export function createFileLog(
  path: string,
  { durability = "fsync", maxPending = 1024 }: FileLogOptions,
  open: (path: string) => LogFile,
): ReceiptLog {
  if (durability !== "fsync" && durability !== "buffered") {
    throw new InvalidConfig("durability", `"${durability}" is neither "fsync" nor "buffered"`);
  }
  readWhole(maxPending, "maxPending", 1);
  return new FileLog(path, open, (file, heads, length) =>
    durability === "fsync"
      ? new GroupWriter(file, heads, length, maxPending)
      : new BufferedWriter(file, heads, length),
  );
}

type MakeWriter = (file: LogFile, heads: LogHeads, length: number) => LogWriter;

/** What the log has once the file was read. */
interface Opened {
  readonly heads: LogHeads;
  readonly writer: LogWriter;
}

class FileLog implements ReceiptLog {
  readonly #file: LogFile;
  readonly #unlock: () => void;
  readonly #opening: Promise<Opened>;
  #opened: Opened | null = null;
  #closing: Promise<void> | null = null;

  constructor(path: string, open: (path: string) => LogFile, makeWriter: MakeWriter) {
    try {
      this.#file = open(path);
    } catch (error) {
      throw new StorageFailed(`cannot open ${path} for writing: ${messageOf(error)}`, { cause: error });
    }
    try {
      this.#unlock = lockFile(this.#file.path);
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.#opening = this.#open(makeWriter);
    // The first to hear of it, so that no later append overtakes those that wait. Failures are told to
    // whoever uses the log.
    this.#opening.then(
      (opened) => {
        this.#opened = opened;
      },
      () => undefined,
    );
  }

  append(entry: SealedReceipt): Awaitable<void> {
    if (this.#closing !== null) return Promise.reject(new StorageFailed(`${this.#file.path} is closed`));
    if (this.#opened !== null) return this.#opened.writer.append(entry);
    return this.#opening.then(({ writer }) => writer.append(entry));
  }

  async *read(query?: ReceiptQuery): AsyncGenerator<Receipt, void, void> {
    const { writer } = await this.#opening;
    const { path } = this.#file;
    const { length } = writer;
    if (length === 0) return;
    const matches = receiptFilter(query);
    try {
      for await (const line of receiptLines(createReadStream(path, { end: length - 1 }))) {
        const receipt: Receipt = JSON.parse(decodeUtf8(line));
        if (matches(receipt)) yield receipt;
      }
    } catch (error) {
      throw new StorageFailed(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  head(chain: string): Awaitable<ChainHead | null> {
    if (this.#opened !== null) return this.#opened.heads.durable(chain);
    return this.#opening.then(({ heads }) => heads.durable(chain));
  }

  heads(): Awaitable<readonly ChainHead[]> {
    if (this.#opened !== null) return this.#opened.heads.all();
    return this.#opening.then(({ heads }) => heads.all());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(makeWriter: MakeWriter): Promise<Opened> {
    try {
      const { heads: durable, length, torn, unended } = await recoverLog(this.#file.path);
      if (torn) await this.#file.truncate(length);
      const ended = unended ? length + (await this.#file.write(lineFeed, length)) : length;
      const heads = new LogHeads(durable);
      return { heads, writer: makeWriter(this.#file, heads, ended) };
    } catch (error) {
      this.#file.close();
      this.#unlock();
      if (error instanceof StorageFailed) throw error;
      throw new StorageFailed(`cannot read ${this.#file.path}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#opening;
    } catch {
      // It never opened, and has let go of everything.
      return;
    }
    try {
      await this.#opened?.writer.flush();
    } catch (error) {
      throw new StorageFailed(`closing ${this.#file.path} failed: ${messageOf(error)}`, { cause: error });
    } finally {
      this.#file.close();
      this.#unlock();
    }
  }
}

const lineFeed: Uint8Array = Uint8Array.of(0x0a);
