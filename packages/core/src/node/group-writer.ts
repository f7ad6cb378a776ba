import { Buffer } from "node:buffer";
import { StorageFailed } from "../errors.ts";
import type { SealedReceipt } from "../receipt/receipt-log.ts";
import { appendFailed, checkLine, type LogWriter, logDied, type WriterParts } from "./log-writer.ts";

/** How much is written in one go at most, in characters: more is no faster, and takes memory twice. */
const maxGroupLength = 4 * 1024 * 1024;

/** An append and whoever waits for it. */
interface Waiting {
  readonly entry: SealedReceipt;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** How much a {@link GroupWriter} takes at once. */
export interface GroupLimits {
  /** How many receipts are written in one go. */
  readonly maxPending: number;
  /** How many characters of receipts may wait for the disk. */
  readonly maxWaiting: number;
}

/**
 * Makes lines durable in groups: all that came while one group was on its way to the disk share the next
 * write and the next sync.
 *
 * When a group fails, so does everything behind it, and the file is cut back to what is durable: a receipt
 * whose append failed can never be found.
 */
export class GroupWriter implements LogWriter {
  readonly #parts: WriterParts;
  readonly #limits: GroupLimits;
  #length: number;
  #queue: Waiting[] = [];
  /** The length of all that wait or are being written, in characters. */
  #waiting = 0;
  #running: Promise<void> | null = null;
  /** True until the names of the file that is written and of the one before it are durable. */
  #isNew = false;
  #dead: Error | null = null;

  constructor(parts: WriterParts, limits: GroupLimits) {
    this.#parts = parts;
    this.#limits = limits;
    this.#length = parts.length;
  }

  get length(): number {
    return this.#length;
  }

  append(entry: SealedReceipt): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== null) throw this.#dead;
      const { file, heads } = this.#parts;
      checkLine(file.path, entry);
      // One that is longer than all that may wait still goes alone.
      if (this.#waiting > 0 && this.#waiting + entry.json.length > this.#limits.maxWaiting) {
        throw new StorageFailed(
          `${file.path} does not keep up: ${this.#queue.length} receipts wait for the disk already`,
        );
      }
      heads.accept(entry);
      this.#waiting += entry.json.length;
      this.#queue.push({ entry, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async flush(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Appends of the same turn join the first group.
    await null;
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#commit(group);
      } catch (error) {
        await this.#undo(group, error);
      }
    }
    this.#running = null;
  }

  /** As many as may go together, and always one. */
  #nextGroup(): readonly Waiting[] {
    let count = 0;
    let length = 0;
    for (const { entry } of this.#queue) {
      length += entry.json.length;
      if (count > 0 && (count === this.#limits.maxPending || length > maxGroupLength)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    if (this.#dead !== null) throw this.#dead;
    const { file, heads, maxFileBytes } = this.#parts;
    const bytes = Buffer.from(group.map(({ entry }) => `${entry.json}\n`).join(""));
    if (this.#length > 0 && this.#length + bytes.length > maxFileBytes) this.#rotate();
    if (this.#isNew) await file.syncNames();
    this.#isNew = false;
    for (let written = 0; written < bytes.length; ) {
      written += await file.write(bytes.subarray(written), this.#length + written);
    }
    await file.sync();
    this.#length += bytes.length;
    this.#leave(group);
    for (const { entry, resolve } of group) {
      heads.settle(entry);
      resolve();
    }
  }

  /** What is in the full file is durable already; the new one's name must be, before anything in it is. */
  #rotate(): void {
    const { file, segments } = this.#parts;
    segments.rotate(file);
    this.#length = 0;
    this.#isNew = true;
  }

  #leave(group: readonly Waiting[]): void {
    for (const { entry } of group) this.#waiting -= entry.json.length;
  }

  async #undo(group: readonly Waiting[], error: unknown): Promise<void> {
    const { file, heads } = this.#parts;
    const failed = [...group, ...this.#queue];
    this.#queue = [];
    this.#leave(failed);
    // At once: what was sealed on top of these must not be let in while the file is being cut.
    heads.reject();
    try {
      await file.truncate(this.#length);
      await file.sync();
    } catch (cause) {
      this.#dead ??= logDied(file.path, this.#length, cause);
    }
    const reason = this.#dead ?? appendFailed(file.path, error);
    for (const { reject } of failed) reject(reason);
  }
}
