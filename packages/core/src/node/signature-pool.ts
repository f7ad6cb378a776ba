import { Worker } from "node:worker_threads";
import { readWhole } from "../action/config-values.ts";
import type { SignatureBatch, SignatureChecker } from "../receipt/signature-batch.ts";

/** Checks signatures in worker threads: `verifyChain(lines, { signatures: pool })`. */
export interface SignaturePool extends SignatureChecker {
  /** Ends its threads, which keep the process alive. */
  close(): Promise<void>;
}

/**
 * Starts worker threads that check signatures, which most of verifying is, while the one that asks reads on.
 *
 * Two threads on two cores verify a long log in a little more than half the time. A check rejects with an Error
 * when its thread dies, and then nothing is verified.
 *
 * @throws InvalidConfig when `threads` is no whole number of 1 or more.
 */
export function signaturePool(threads: number): SignaturePool {
  const workers = Array.from({ length: readWhole(threads, "threads", 1) }, () => new PoolWorker());
  return {
    // One more, so that no thread has to wait until the next batch is read.
    concurrency: threads * 4,
    check: (batch) => leastLoaded(workers).check(batch),
    close: async () => void (await Promise.all(workers.map((worker) => worker.close()))),
  };
}

function leastLoaded(workers: readonly PoolWorker[]): PoolWorker {
  return workers.reduce((least, worker) => (worker.load < least.load ? worker : least));
}

interface Waiting {
  resolve(index: number): void;
  reject(cause: Error): void;
}

/** A thread that answers batches in the order in which it was given them. */
class PoolWorker {
  readonly #worker = new Worker(new URL(import.meta.resolve("#signature-worker")), {
    // It keeps next to nothing.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
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
    return new Promise((resolve, reject) => {
      const { key, sizes, messages, signatures } = batch;
      this.#worker.postMessage(
        batch,
        [key, sizes, messages, signatures].map(({ buffer }) => buffer as ArrayBuffer),
      );
      // Not before it is sent: whoever waits is answered in this order.
      this.#waiting.push({ resolve, reject });
    });
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
