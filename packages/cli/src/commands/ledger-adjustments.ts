import type { KeptAdjustment } from "@tollgate/core/driver";
import { formatAmount, printableJson } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate ledger adjustments` was asked for. */
export interface LedgerAdjustmentsOptions extends StoreOption {
  readonly budget?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Shows what people changed of what was spent. */
export async function ledgerAdjustments(
  options: LedgerAdjustmentsOptions,
  { out, paint }: Terminal,
): Promise<number> {
  const { budget, limit, json } = options;
  const found = await withStore(requiredStore(options), async ({ ledger }) =>
    ledger.adjustments({ limit, ...(budget === undefined ? {} : { budget }) }),
  );
  if (json === true) await out.write(`${printableJson(found.map(adjustmentJson))}\n`);
  else if (found.length === 0) await out.write("nobody has changed anything of what was spent\n");
  else await out.write(tableText(columns, found, paint));
  return good;
}

function adjustmentJson({ adjustedAt, ...adjustment }: KeptAdjustment): unknown {
  return { ...adjustment, adjustedAt: new Date(adjustedAt).toISOString() };
}

const columns: readonly Column<KeptAdjustment>[] = [
  {
    title: "WHEN (UTC)",
    text: ({ adjustedAt }) => new Date(adjustedAt).toISOString().slice(0, 19).replace("T", " "),
  },
  { title: "WHAT", text: ({ kind }) => kind.replace("_", "-") },
  { title: "CHANGE", pad: "start", text: ({ unit, amount }) => formatAmount(unit, amount) },
  { title: "BUDGET", text: ({ budget }) => budget },
  { title: "PARTITION", text: ({ partition }) => partition },
  { title: "WINDOW", text: ({ window }) => window },
  { title: "BY", text: ({ by }) => by },
  { title: "REASON", text: ({ reason }) => reason },
];
