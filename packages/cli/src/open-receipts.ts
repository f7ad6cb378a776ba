import { CliError } from "./cli-error.ts";
import { openReceiptFiles } from "./receipt-files.ts";
import type { ReceiptSource } from "./receipt-source.ts";
import { type StoreOption, storeName } from "./store-name.ts";
import { StoredReceipts } from "./stored-receipts.ts";
import type { Terminal } from "./terminal.ts";
import { withStore } from "./with-store.ts";

/** The options that say where receipts are. */
interface ReceiptOption extends StoreOption {
  readonly trimmed?: boolean;
}

/**
 * Does `work` with the receipts of the files, or of the store where no file is named.
 *
 * @throws CliError when neither is named, or both are on the command line, or they cannot be read.
 */
export async function withReceipts<Result>(
  names: readonly string[],
  option: ReceiptOption,
  { stdin }: Pick<Terminal, "stdin">,
  work: (source: ReceiptSource) => Promise<Result>,
): Promise<Result> {
  if (names.length > 0) {
    if (option.store === undefined) return work(await openReceiptFiles(names, stdin));
    throw new CliError("whose receipts: those of the files or of the store? Give files or --store, not both");
  }
  const store = storeName(option);
  if (store !== null)
    return withStore(store, ({ log, shown }) =>
      work(new StoredReceipts(log, shown, option.trimmed === true)),
    );
  throw new CliError("there is nothing to read: give receipt files, or --store <path-or-url>");
}
