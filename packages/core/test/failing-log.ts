import { memoryLog, type ReceiptLog, type SealedReceipt } from "@tollgate/core";

/** A receipt log that can be told to fail. */
export class FailingLog implements ReceiptLog {
  readonly #sound = memoryLog();
  failure: "none" | "rejects" | "throws" | "hangs" = "none";
  /** Appends that wait for {@link FailingLog.answer}. */
  readonly #waiting: (() => void)[] = [];

  append(entry: SealedReceipt): void | PromiseLike<void> {
    switch (this.failure) {
      case "rejects":
        return Promise.reject(new Error("ENOSPC: no space left on device"));
      case "throws":
        throw new Error("the log is closed");
      case "hangs":
        return new Promise((resolve) => {
          this.#waiting.push(() => {
            this.#sound.append(entry);
            resolve();
          });
        });
      default:
        return this.#sound.append(entry);
    }
  }

  /** Lets appends that hang go through after all. */
  answer(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  read: ReceiptLog["read"] = (query) => this.#sound.read(query);
  head: ReceiptLog["head"] = (chain) => this.#sound.head(chain);
}
