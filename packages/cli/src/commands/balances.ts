import { formatAmount, printableJson } from "@tollgate/core/export";
import { type ReplayedBalance, replayBalances } from "@tollgate/core/verify";
import { checkedReceipts } from "../checked-receipts.ts";
import { good } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { withProgress } from "../progress.ts";
import type { StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";

/** What `tollgate balances` was asked for. */
export interface BalancesOptions extends TrustOptions, StoreOption {
  readonly budget?: string;
  readonly json?: boolean;
}

/** Shows where every budget stands by the receipts alone. */
export async function balances(
  names: readonly string[],
  options: BalancesOptions,
  terminal: Terminal,
): Promise<number> {
  const { trimmed = false } = options;
  const replayed = await withReceipts(names, options, terminal, (source) =>
    withProgress(terminal, source, () => replayBalances(checkedReceipts(source, options), { trimmed })),
  );
  const wanted = replayed.filter(({ budget }) => options.budget === undefined || budget === options.budget);
  if (options.json === true) await terminal.out.write(`${printableJson(wanted)}\n`);
  else if (wanted.length === 0) await terminal.out.write("no receipt claims anything of a budget\n");
  else await terminal.out.write(tableText(columns, wanted, terminal.paint));
  noteUnchecked(options, terminal);
  return good;
}

const columns: readonly Column<ReplayedBalance>[] = [
  { title: "BUDGET", text: ({ budget }) => budget },
  { title: "PARTITION", text: ({ partition }) => partition },
  { title: "WINDOW", text: ({ window }) => window },
  { title: "SPENT", pad: "start", text: ({ unit, spent }) => formatAmount(unit, spent) },
  { title: "HELD", pad: "start", text: ({ unit, held }) => formatAmount(unit, held) },
];
