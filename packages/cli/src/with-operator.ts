import { printableText } from "@tollgate/core/export";
import type { Operator } from "@tollgate/core/operate";
import type { Receipt } from "@tollgate/core/verify";
import type { OpenStore } from "./open-store.ts";
import { requiredStore, type StoreOption } from "./store-name.ts";
import { withStore } from "./with-store.ts";

/** Who changes something, why, and by which key, as the command line has it. */
export interface OperatorOption extends StoreOption {
  readonly by: string;
  readonly reason: string;
  /** The file of a private key. */
  readonly keyFile: string;
}

/**
 * Does `work` with what may change a store, whose receipts are a chain under the key of the file.
 *
 * What it has to tell is best told in `work`: the chain is ended after it, which may fail by itself.
 */
export async function withOperator<Result>(
  option: OperatorOption,
  work: (operator: Operator, store: OpenStore) => Promise<Result>,
): Promise<Result> {
  const { readKeyFile } = await import("@tollgate/core/node");
  const { createOperator } = await import("@tollgate/core/operate");
  const name = requiredStore(option);
  // Before anything is opened: without a key there will be no receipt.
  const signer = readKeyFile(option.keyFile);
  return withStore(name, async (store) => {
    const operator = createOperator({ ...store, signer });
    let result: Result;
    try {
      result = await work(operator, store);
    } catch (error) {
      // It writes what is owed, if it can; why it could not be written is told already.
      await operator.close().catch(() => undefined);
      throw error;
    }
    await operator.close();
    return result;
  });
}

/** Where a receipt is, for a person. */
export function receiptText({ body }: Receipt): string {
  return `receipt ${body.id} is #${body.seq} of chain ${printableText(body.chain)}`;
}
