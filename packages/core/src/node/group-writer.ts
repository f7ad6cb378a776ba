import { Buffer } from "node:buffer";
import type { SealedReceipt } from "../receipt/receipt-log.ts";
import type { LogFile } from "./log-file.ts";
import type { LogHeads } from "./log-heads.ts";
import { appendFailed, checkLine, type LogWriter, logDied } from "./log-writer.ts";

/** An append and whoever waits for it. */
interface Waiting {
  readonly entry: SealedReceipt;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Makes lines durable in groups: all that came while one group was on its way to the disk share the next
 * write and the next sync.
 *
 * When a group fails, so does everything behind it, and the file is cut back to what is durable: a receipt
 * whose append failed can never be found.
 */
export class GroupWriter implements LogWriter {
  readonly #file: LogFile;
  readonly #heads: LogHeads;
  readonly #maxGroup: number;
  #length: number;
  #queue: Waiting[] = [];
  #running: Promise<void> | null = null;
  #dead: Error | null = null;

  constructor(file: LogFile, heads: LogHeads, length: number, maxGroup: number) {
    this.#file = file;
    this.#heads = heads;
    this.#length = length;
    this.#maxGroup = maxGroup;
  }

  get length(): number {
    return this.#length;
  }

  append(entry: SealedReceipt): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== null) throw this.#dead;
      checkLine(this.#file.path, entry);
      this.#heads.accept(entry);
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
      const group = this.#queue.splice(0, this.#maxGroup);
      try {
        await this.#commit(group);
      } catch (error) {
        await this.#undo(group, error);
      }
    }
    this.#running = null;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    if (this.#dead !== null) throw this.#dead;
    const bytes = Buffer.from(group.map(({ entry }) => `${entry.json}\n`).join(""));
    for (let written = 0; written < bytes.length; ) {
      written += await this.#file.write(bytes.subarray(written), this.#length + written);
    }
    await this.#file.sync();
    this.#length += bytes.length;
    for (const { entry, resolve } of group) {
      this.#heads.settle(entry);
      resolve();
    }
  }

  async #undo(group: readonly Waiting[], error: unknown): Promise<void> {
    const failed = [...group, ...this.#queue];
    this.#queue = [];
    // At once: what was sealed on top of these must not be let in while the file is being cut.
    this.#heads.reject();
    try {
      await this.#file.truncate(this.#length);
      await this.#file.sync();
    } catch (cause) {
      this.#dead ??= logDied(this.#file.path, this.#length, cause);
    }
    const reason = this.#dead ?? appendFailed(this.#file.path, error);
    for (const { reject } of failed) reject(reason);
  }
}
