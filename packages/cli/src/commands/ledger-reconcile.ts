import { printableJson, printableText } from "@tollgate/core/export";
import { tellLostGrants } from "@tollgate/core/operate";
import { checkedReceipts } from "../checked-receipts.ts";
import { good } from "../cli-error.ts";
import { withProgress } from "../progress.ts";
import { openReceiptFiles } from "../receipt-files.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate ledger reconcile` was asked for. */
export interface LedgerReconcileOptions extends TrustOptions, StoreOption {
  /** Only decisions from before this time. */
  readonly until?: string;
  readonly json?: boolean;
}

/** Tells the ledger of grants that their processes did not live to tell, by receipts in files. */
export async function ledgerReconcile(
  names: readonly string[],
  options: LedgerReconcileOptions,
  terminal: Terminal,
): Promise<number> {
  const { until, json } = options;
  const { out } = terminal;
  const source = await openReceiptFiles(names, terminal.stdin);
  const told = await withStore(requiredStore(options), ({ ledger }) =>
    withProgress(terminal, source, () =>
      tellLostGrants({
        ledger,
        receipts: checkedReceipts(source, options),
        ...(until === undefined ? {} : { until }),
      }),
    ),
  );
  if (json === true) await out.write(`${printableJson({ told })}\n`);
  else if (told.length === 0) await out.write("the ledger knows of all that is open in these receipts\n");
  else {
    const lines = told.map((id) => `told of decision ${printableText(id)}\n`).join("");
    await out.write(`${lines}the next sweep of a gate ends each as expired, and writes its receipt\n`);
  }
  noteUnchecked(options, terminal);
  return good;
}
