import { Worker } from "node:worker_threads";
import type { SignatureBatch, SignatureChecker } from "@tollgate/core/verify";

/** Checks signatures in worker threads; to be closed. */
export interface SignaturePool extends SignatureChecker {
  close(): Promise<void>;
}

/** Starts as many threads as are asked for, each of which checks one batch at a time. */
export function signaturePool(threads: number): SignaturePool {
  const workers = Array.from({ length: threads }, () => new PoolWorker());
  return {
    // One more for each thread, so that none waits for the next batch to be read.
    concurrency: threads * 2,
    check(batch) {
      const [first, ...others] = workers;
      if (first === undefined) throw new RangeError("a pool has a thread at least");
      return others
        .reduce((least, worker) => (worker.load < least.load ? worker : least), first)
        .check(batch);
    },
    close: async () => void (await Promise.all(workers.map((worker) => worker.close()))),
  };
}

interface Waiting {
  resolve(index: number): void;
  reject(cause: Error): void;
}

/** A thread that answers batches in the order in which it was given them. */
class PoolWorker {
  readonly #worker = new Worker(new URL(import.meta.resolve("#signature-worker")));
  readonly #waiting: Waiting[] = [];
  #failed: Error | null = null;

  constructor() {
    this.#worker.on("message", (index: number) => this.#waiting.shift()?.resolve(index));
    this.#worker.on("error", (cause) =>
      this.#fail(new Error(`a thread failed: ${cause.message}`, { cause })),
    );
    this.#worker.on("exit", () => this.#fail(new Error("a thread ended early")));
  }

  /** How many batches it has not answered yet. */
  get load(): number {
    return this.#waiting.length;
  }

  check(batch: SignatureBatch): Promise<number> {
    if (this.#failed !== null) return Promise.reject(this.#failed);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ resolve, reject });
    const { key, sizes, messages, signatures } = batch;
    this.#worker.postMessage(
      batch,
      [key, sizes, messages, signatures].map(({ buffer }) => buffer as ArrayBuffer),
    );
    return promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Nothing more will be answered. */
  #fail(cause: Error): void {
    this.#failed ??= cause;
    for (const { reject } of this.#waiting.splice(0)) reject(cause);
  }
}
