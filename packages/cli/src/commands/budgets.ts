import type { Balance } from "@tollgate/core";
import { formatAmount, printableJson } from "@tollgate/core/export";
import {
  type BalanceChoice,
  balanceJson,
  budgetBalances,
  endText,
  leftOf,
  noBalanceText,
} from "../budget-balances.ts";
import { good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate budgets` was asked for. */
export interface BudgetsOptions extends StoreOption, BalanceChoice {
  readonly json?: boolean;
}

/** Shows where budgets stand by the store's ledger. */
export async function budgets(options: BudgetsOptions, { out, paint }: Terminal): Promise<number> {
  const found = await withStore(requiredStore(options), (store) =>
    budgetBalances(store, options, Date.now()),
  );
  if (options.json === true) await out.write(`${printableJson(found.map(balanceJson))}\n`);
  else if (found.length === 0) await out.write(`${noBalanceText(options)}\n`);
  else {
    await out.write(tableText(columns, found, paint));
    if (found.some(({ spent }) => spent < 0n)) await out.write(`\n${paint("dim", belowZero)}\n`);
  }
  return good;
}

const belowZero =
  "spent is below zero where more was put in than has been spent: so much more than the limit is left";

const columns: readonly Column<Balance>[] = [
  { title: "BUDGET", text: ({ budget }) => budget },
  { title: "PARTITION", text: ({ partition }) => partition },
  { title: "WINDOW", text: ({ window }) => window },
  { title: "ENDS", text: (balance) => endText(balance) ?? "never" },
  { title: "LIMIT", pad: "start", text: ({ unit, limit }) => amountText(unit, limit) },
  { title: "SPENT", pad: "start", text: ({ unit, spent }) => formatAmount(unit, spent) },
  { title: "HELD", pad: "start", text: ({ unit, held }) => formatAmount(unit, held) },
  { title: "LEFT", pad: "start", text: (balance) => amountText(balance.unit, leftOf(balance)) },
];

/** A limit, or what is left of it; a budget without one is only tracked. */
function amountText(unit: string, amount: bigint | null): string {
  return amount === null ? "no limit" : formatAmount(unit, amount);
}
