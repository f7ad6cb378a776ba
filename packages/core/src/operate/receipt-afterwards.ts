import { messageOf, StorageFailed } from "../errors.ts";
import type { Receipt } from "../receipt/receipt.ts";

/** Waits for the receipt of what is done already. @throws StorageFailed that says so. */
export async function afterwards(what: string, receipt: Promise<Receipt>): Promise<Receipt> {
  try {
    return await receipt;
  } catch (cause) {
    throw new StorageFailed(
      `${what}, but its receipt could not be written: it is when the operator is used or closed next ` +
        `(${messageOf(cause)})`,
      { cause },
    );
  }
}
