import type { Break, ReceiptInput } from "@tollgate/core/verify";
import type { ProgressSource } from "./progress.ts";

/** Receipts in the order of their log, from files or from a store. */
export interface ReceiptSource extends ProgressSource {
  /** Where they are, for messages. */
  readonly shown: string;
  /** Whether the last one may have been cut short. */
  readonly endsOpen: boolean;
  /** Reads them, once: the lines of files, or what a store has read. @throws CliError naming what cannot be read */
  receipts(): AsyncGenerator<ReceiptInput, void, void>;
  /** Where the n-th of all stands, from 0, in words for a person. */
  placeOf(index: number): string;
  /** What may be behind a break that is nobody's doing, in words for a person; null when nothing comes to mind. */
  hintOf(found: Break): string | null;
}
