import { Buffer } from "node:buffer";
import type { SealedReceipt } from "../receipt/receipt-log.ts";
import { appendFailed, checkLine, type LogWriter, logDied, type WriterParts } from "./log-writer.ts";

/**
 * Hands each line to the operating system at once, and does not wait for the disk.
 *
 * What it answered survives the end of the process, but not that of the machine. Writing synchronously costs
 * a microsecond or two where a round through the thread pool costs ten times that.
 */
export class BufferedWriter implements LogWriter {
  readonly #parts: WriterParts;
  #length: number;
  #dead: Error | null = null;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#length = parts.length;
  }

  get length(): number {
    return this.#length;
  }

  append(entry: SealedReceipt): void {
    if (this.#dead !== null) throw this.#dead;
    const { file, heads, segments, maxFileBytes } = this.#parts;
    checkLine(file.path, entry);
    heads.accept(entry);
    const bytes = Buffer.from(`${entry.json}\n`);
    try {
      if (this.#length > 0 && this.#length + bytes.length > maxFileBytes) {
        segments.rotate(file);
        this.#length = 0;
      }
      for (let written = 0; written < bytes.length; ) {
        written += file.writeSync(bytes.subarray(written), this.#length + written);
      }
    } catch (error) {
      throw this.#undo(error);
    }
    this.#length += bytes.length;
    heads.settle(entry);
  }

  flush(): Promise<void> {
    return this.#dead === null ? this.#parts.file.sync() : Promise.resolve();
  }

  #undo(error: unknown): Error {
    const { file, heads } = this.#parts;
    heads.reject();
    try {
      file.truncateSync(this.#length);
    } catch (cause) {
      this.#dead = logDied(file.path, this.#length, cause);
      return this.#dead;
    }
    return appendFailed(file.path, error);
  }
}
