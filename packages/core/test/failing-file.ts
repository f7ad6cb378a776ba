import { type LogFile, openLogFile } from "../src/node/log-file.ts";

/** What can fail. */
export type Operation = "write" | "sync" | "truncate" | "rotate" | "syncNames";

/** A real file whose operations fail, fall short or wait as a test says. */
export class FailingFile implements LogFile {
  readonly #file: LogFile;
  readonly path: string;
  /** What the next operation of a kind throws; the one after it works again. */
  readonly failures: Partial<Record<Operation, Error>> = {};
  /** The most that one write takes. */
  maxWrite: number = Number.POSITIVE_INFINITY;
  /** A sync waits for this. */
  barrier: Promise<void> = Promise.resolve();
  readonly writes: number[] = [];
  syncs = 0;
  nameSyncs = 0;

  constructor(file: LogFile) {
    this.#file = file;
    this.path = file.path;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return this.writeSync(bytes, position);
  }

  writeSync(bytes: Uint8Array, position: number): number {
    // A full disk takes some of it first.
    if (this.failures.write !== undefined)
      this.#file.writeSync(bytes.subarray(0, bytes.length >> 1), position);
    this.#fail("write");
    this.writes.push(bytes.length);
    return this.#file.writeSync(bytes.subarray(0, this.maxWrite), position);
  }

  async sync(): Promise<void> {
    this.syncs++;
    await this.barrier;
    this.#fail("sync");
    await this.#file.sync();
  }

  async truncate(length: number): Promise<void> {
    this.truncateSync(length);
  }

  truncateSync(length: number): void {
    this.#fail("truncate");
    this.#file.truncateSync(length);
  }

  rotateSync(to: string): void {
    this.#fail("rotate");
    this.#file.rotateSync(to);
  }

  async syncNames(): Promise<void> {
    this.nameSyncs++;
    this.#fail("syncNames");
    await this.#file.syncNames();
  }

  close(): void {
    this.#file.close();
  }

  #fail(operation: Operation): void {
    const failure = this.failures[operation];
    delete this.failures[operation];
    if (failure !== undefined) throw failure;
  }
}

/** Opens a real file that can fail. */
export function openFailingFile(path: string): FailingFile {
  return new FailingFile(openLogFile(path));
}

/** What a full disk says. */
export const noSpace: Error = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
/** What a broken one says. */
export const ioError: Error = Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
