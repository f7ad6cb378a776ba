import type { Balance } from "@tollgate/core";
import type { Adjustment } from "@tollgate/core/driver";
import { formatAmount, printableJson, printableText } from "@tollgate/core/export";
import { balanceJson, leftOf } from "../budget-balances.ts";
import { good } from "../cli-error.ts";
import { findBalance } from "../find-balance.ts";
import { readAdjusted } from "../read-adjusted.ts";
import type { Terminal } from "../terminal.ts";
import { type OperatorOption, receiptText, withOperator } from "../with-operator.ts";

/** What `tollgate ledger top-up`, `refund` or `adjust` was asked for. */
export interface LedgerAdjustOptions extends OperatorOption {
  readonly partition?: string;
  readonly window?: string;
  /** Done once for each id. */
  readonly id?: string;
  readonly json?: boolean;
}

/** Changes what was spent of a balance. */
export async function ledgerAdjust(
  kind: Adjustment["kind"],
  budget: string,
  text: string,
  options: LedgerAdjustOptions,
  { out }: Terminal,
): Promise<number> {
  const { unit, amount } = readAdjusted(kind, text);
  const { by, reason, id, json, partition, window } = options;
  const place = {
    ...(partition === undefined ? {} : { partition }),
    ...(window === undefined ? {} : { window }),
  };
  await withOperator(options, async (operator, store) => {
    const found = await findBalance(store, { budget, unit, ...place }, Date.now());
    const { balance, receipt } = await operator.adjust({
      ...(id === undefined ? {} : { id }),
      ...{ kind, budget, partition: found.partition, window: found.window, unit, amount, by, reason },
    });
    if (json === true) return out.write(`${printableJson({ balance: balanceJson(balance), receipt })}\n`);
    return out.write(`${printableText(balanceText(balance))}\n${receiptText(receipt)}\n`);
  });
  return good;
}

/** `daily (user=alice), 2026-11-20T00:00:00Z: -$3.75 spent, $0.40 held, $8.35 left of $5.00`. */
function balanceText(balance: Balance): string {
  const { budget, partition, window, unit, limit, spent, held } = balance;
  const left = leftOf(balance);
  const rest =
    limit === null || left === null
      ? ""
      : `, ${formatAmount(unit, left)} left of ${formatAmount(unit, limit)}`;
  const where = partition === "" ? budget : `${budget} (${partition})`;
  return `${where}, ${window}: ${formatAmount(unit, spent)} spent, ${formatAmount(unit, held)} held${rest}`;
}
