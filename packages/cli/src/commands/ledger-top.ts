import type { Balance } from "@tollgate/core";
import { formatAmount, printableJson } from "@tollgate/core/export";
import { type BalanceChoice, balanceJson, budgetBalances, noBalanceText } from "../budget-balances.ts";
import { CliError, good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate ledger top` was asked for. */
export interface LedgerTopOptions extends StoreOption, BalanceChoice {
  readonly unit: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Shows the balances with most spent, and how much of the limit that is. */
export async function ledgerTop(options: LedgerTopOptions, { out, paint }: Terminal): Promise<number> {
  const found = await withStore(requiredStore(options), (store) =>
    budgetBalances(store, options, Date.now()),
  );
  const ofUnit = found.filter(({ unit }) => unit === options.unit);
  if (found.length > 0 && ofUnit.length === 0) {
    const units = [...new Set(found.map(({ unit }) => unit))];
    throw new CliError(`nothing is counted in ${options.unit}: give --unit, one of ${units.join(", ")}`);
  }
  // Balances that are level stay in the order of their names.
  const top = ofUnit.toSorted(bySpent).slice(0, options.limit);
  if (options.json === true) {
    await out.write(
      `${printableJson(top.map((balance) => ({ ...balanceJson(balance), share: shareOf(balance) })))}\n`,
    );
  } else if (top.length === 0) await out.write(`${noBalanceText(options)}\n`);
  else await out.write(tableText(columns, top, paint));
  return good;
}

function bySpent({ spent: one }: Balance, { spent: other }: Balance): number {
  return one === other ? 0 : one > other ? -1 : 1;
}

/** What part of the limit is spent, such as 0.625; null where there is no limit, or none to have a part of. */
function shareOf({ spent, limit }: Balance): number | null {
  return limit === null || limit === 0n ? null : Number((spent * 1_000_000n) / limit) / 1_000_000;
}

const columns: readonly Column<Balance>[] = [
  { title: "SPENT", pad: "start", text: ({ unit, spent }) => formatAmount(unit, spent) },
  { title: "OF", pad: "start", text: ({ unit, limit }) => (limit === null ? "" : formatAmount(unit, limit)) },
  {
    title: "SHARE",
    pad: "start",
    text: (balance) => {
      const share = shareOf(balance);
      return share === null ? "" : `${(share * 100).toFixed(1)}%`;
    },
  },
  { title: "BUDGET", text: ({ budget }) => budget },
  { title: "PARTITION", text: ({ partition }) => partition },
  { title: "WINDOW", text: ({ window }) => window },
];
