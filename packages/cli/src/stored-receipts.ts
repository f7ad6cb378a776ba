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
  readonly #isTrimmed: boolean;
  #readLines = 0;

  /** `isTrimmed` when it is known that the beginnings of chains may have been dropped. */
  constructor(log: Pick<ReceiptLog, "read">, shown: string, isTrimmed: boolean) {
    this.#log = log;
    this.shown = shown;
    this.#isTrimmed = isTrimmed;
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

  hintOf({ reason }: Break): string | null {
    return reason !== "sequence_gap" || this.#isTrimmed
      ? null
      : "where old receipts are dropped from time to time, --trimmed verifies what is left of their chains";
  }
}
