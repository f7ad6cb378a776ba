import type { Receipt, ReceiptLog } from "@tollgate/core";
import type { Break } from "@tollgate/core/verify";
import type { ReceiptSource } from "./receipt-source.ts";

/** The receipts of a store's log; nobody counts them beforehand. */
export class StoredReceipts implements ReceiptSource {
  readonly shown: string;
  readonly totalBytes: null = null;
  readonly readBytes: number = 0;
  readonly endsOpen: boolean = false;
  readonly #log: Pick<ReceiptLog, "read">;
  #readLines = 0;

  constructor(log: Pick<ReceiptLog, "read">, shown: string) {
    this.#log = log;
    this.shown = shown;
  }

  get readLines(): number {
    return this.#readLines;
  }

  async *receipts(): AsyncGenerator<Receipt, void, void> {
    for await (const receipt of this.#log.read()) {
      this.#readLines += 1;
      yield receipt;
    }
  }

  placeOf(index: number): string {
    return `${this.shown} receipt ${index + 1}`;
  }

  hintOf(_found: Break): string | null {
    return null;
  }
}
