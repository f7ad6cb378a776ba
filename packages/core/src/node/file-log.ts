import { createReadStream, openSync } from "node:fs";
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
import { LogSegments } from "./log-segments.ts";
import type { LogWriter, WriterParts } from "./log-writer.ts";
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
  /**
   * How many characters of receipts may wait for the disk under `fsync`; an append beyond it rejects, and a gate
   * denies, until the disk keeps up again.
   *
   * @default 67108864 (64 Mi)
   */
  readonly maxWaiting?: number;
  /**
   * How large the file may get, in bytes, before the log goes on in a new one; a single write may be larger.
   *
   * The full file is then called `receipts.000001.jsonl`, if the log's is `receipts.jsonl`, and the next one
   * `receipts.000002.jsonl`. Together they are the log, and all of them are read when it is opened.
   *
   * @default Infinity (it is one file)
   */
  readonly maxFileBytes?: number;
}

/**
 * A receipt log in a file: one receipt per line, as canonical JSON (JSON Lines).
 *
 * The file, its folders and `<path>.lock` are made where they are missing. One process at a time may write
 * it; many chains may share it; anybody may read it meanwhile. A line that a crash cut short is removed on
 * opening, which reads the whole log once. When a write fails, every append under way rejects and the file
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
  options: FileLogOptions,
  open: (path: string) => LogFile,
): ReceiptLog {
  const { durability = "fsync", maxPending = 1024, maxWaiting = 64 * 1024 * 1024 } = options;
  const { maxFileBytes = Number.POSITIVE_INFINITY } = options;
  if (durability !== "fsync" && durability !== "buffered") {
    throw new InvalidConfig("durability", `"${durability}" is neither "fsync" nor "buffered"`);
  }
  readWhole(maxPending, "maxPending", 1);
  readWhole(maxWaiting, "maxWaiting", 1);
  if (maxFileBytes !== Number.POSITIVE_INFINITY) readWhole(maxFileBytes, "maxFileBytes", 1);
  return new FileLog(path, open, maxFileBytes, (parts) =>
    durability === "fsync" ? new GroupWriter(parts, { maxPending, maxWaiting }) : new BufferedWriter(parts),
  );
}

type MakeWriter = (parts: WriterParts) => LogWriter;

/** What the log has once its files were read. */
interface Opened {
  readonly heads: LogHeads;
  readonly segments: LogSegments;
  readonly writer: LogWriter;
}

class FileLog implements ReceiptLog {
  readonly #file: LogFile;
  readonly #unlock: () => void;
  readonly #opening: Promise<Opened>;
  #opened: Opened | null = null;
  #closing: Promise<void> | null = null;

  constructor(path: string, open: (path: string) => LogFile, maxFileBytes: number, makeWriter: MakeWriter) {
    const found = openFile(path, open);
    try {
      this.#unlock = lockFile(found.path);
    } finally {
      // Whoever had the lock before may have gone on in another file meanwhile.
      found.close();
    }
    try {
      this.#file = openFile(found.path, open);
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.#opening = this.#open(maxFileBytes, makeWriter);
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
    const { writer, segments } = await this.#opening;
    // What is there now: later the file that is written may be a full one, under another name.
    const { length } = writer;
    const numbers = [...segments.numbers, segments.last + 1];
    const written = numbers.at(-1);
    const matches = receiptFilter(query);
    for (const number of numbers) {
      const path = segments.pathOf(number);
      try {
        for await (const line of linesOf(path, number === written ? length : null)) {
          const receipt: Receipt = JSON.parse(decodeUtf8(line));
          if (matches(receipt)) yield receipt;
        }
      } catch (error) {
        throw new StorageFailed(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
      }
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

  async #open(maxFileBytes: number, makeWriter: MakeWriter): Promise<Opened> {
    const file = this.#file;
    try {
      const segments = new LogSegments(file.path);
      const { heads: durable, length, torn, unended } = await recoverLog(segments);
      if (torn) await file.truncate(length);
      const ended = unended ? length + (await file.write(lineFeed, length)) : length;
      const heads = new LogHeads(durable);
      return { heads, segments, writer: makeWriter({ file, heads, segments, length: ended, maxFileBytes }) };
    } catch (error) {
      file.close();
      this.#unlock();
      if (error instanceof StorageFailed) throw error;
      throw new StorageFailed(`cannot read ${file.path}: ${messageOf(error)}`, { cause: error });
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

function openFile(path: string, open: (path: string) => LogFile): LogFile {
  try {
    return open(path);
  } catch (error) {
    throw new StorageFailed(`cannot open ${path} for writing: ${messageOf(error)}`, { cause: error });
  }
}

/** The lines of a file, or of its first `length` bytes. */
async function* linesOf(path: string, length: number | null): AsyncGenerator<Uint8Array, void, void> {
  if (length === 0) return;
  // Opened at once: a moment later the path may be that of another file.
  const fd = openSync(path, "r");
  yield* receiptLines(createReadStream(path, { fd, ...(length === null ? {} : { end: length - 1 }) }));
}
