import type { Balance } from "@tollgate/core";
import type { OpenStore } from "./open-store.ts";

/** Which balances to look at, as the command line has it. */
export interface BalanceChoice {
  readonly budget?: string;
  readonly partition?: string;
  /** Those of windows that have ended, too. */
  readonly all?: boolean;
}

/** The balances that were asked for, by budget, partition, window and unit; of windows that have not ended by `now`. */
export async function budgetBalances(
  { ledger }: Pick<OpenStore, "ledger">,
  { budget, partition, all }: BalanceChoice,
  now: number,
): Promise<readonly Balance[]> {
  const found = await ledger.balances({
    ...(budget === undefined ? {} : { budget }),
    ...(partition === undefined ? {} : { partition }),
  });
  return found.filter((balance) => all === true || !hasEnded(balance, now)).sort(inOrder);
}

/** Whether nobody spends from it any more, as its window is over. */
export function hasEnded({ endsAt }: Pick<Balance, "endsAt">, now: number): boolean {
  return endsAt !== null && endsAt <= now;
}

/** What can still be spent; below 0 after an overage, null where nothing limits it. */
export function leftOf({ limit, spent, held }: Balance): bigint | null {
  return limit === null ? null : limit - spent - held;
}

/** A balance for machines: as the ledger has it, with the time as RFC 3339. */
export function balanceJson(balance: Balance): Readonly<Record<string, unknown>> {
  const { budget, partition, window, unit, limit, spent, held } = balance;
  const endsAt = endText(balance);
  return { budget, partition, window, endsAt, unit, limit, spent, held, left: leftOf(balance) };
}

/** When its window ends, such as `2026-11-21T00:00:00Z`; null when it does not. */
export function endText({ endsAt }: Pick<Balance, "endsAt">): string | null {
  return endsAt === null ? null : new Date(endsAt).toISOString().replace(".000Z", "Z");
}

/** What to say where there is none to show. */
export function noBalanceText({ all }: BalanceChoice): string {
  return all === true
    ? "no such balance: a budget has one from its first decision in a window on"
    : "no such balance in a window that has not ended: --all shows the others";
}

function inOrder(one: Balance, other: Balance): number {
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function keyOf({ budget, partition, window, unit }: Balance): string {
  return [budget, partition, window, unit].join("\0");
}
