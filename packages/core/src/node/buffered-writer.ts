import { Buffer } from "node:buffer";
import type { SealedReceipt } from "../receipt/receipt-log.ts";
import type { LogFile } from "./log-file.ts";
import type { LogHeads } from "./log-heads.ts";
import { appendFailed, checkLine, type LogWriter, logDied } from "./log-writer.ts";

/**
 * Hands each line to the operating system at once, and does not wait for the disk.
 *
 * What it answered survives the end of the process, but not that of the machine. Writing synchronously costs
 * a microsecond or two where a round through the thread pool costs ten times that.
 */
export class BufferedWriter implements LogWriter {
  readonly #file: LogFile;
  readonly #heads: LogHeads;
  #length: number;
  #dead: Error | null = null;

  constructor(file: LogFile, heads: LogHeads, length: number) {
    this.#file = file;
    this.#heads = heads;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  append(entry: SealedReceipt): void {
    if (this.#dead !== null) throw this.#dead;
    checkLine(this.#file.path, entry);
    this.#heads.accept(entry);
    const bytes = Buffer.from(`${entry.json}\n`);
    try {
      for (let written = 0; written < bytes.length; ) {
        written += this.#file.writeSync(bytes.subarray(written), this.#length + written);
      }
    } catch (error) {
      throw this.#undo(error);
    }
    this.#length += bytes.length;
    this.#heads.settle(entry);
  }

  flush(): Promise<void> {
    return this.#dead === null ? this.#file.sync() : Promise.resolve();
  }

  #undo(error: unknown): Error {
    this.#heads.reject();
    try {
      this.#file.truncateSync(this.#length);
    } catch (cause) {
      this.#dead = logDied(this.#file.path, this.#length, cause);
      return this.#dead;
    }
    return appendFailed(this.#file.path, error);
  }
}
