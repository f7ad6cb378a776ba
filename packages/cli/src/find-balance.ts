import type { Balance } from "@tollgate/core";
import { budgetBalances, hasEnded } from "./budget-balances.ts";
import { CliError } from "./cli-error.ts";
import type { OpenStore } from "./open-store.ts";

/** Which balance is meant, as the command line has it. */
export interface BalanceName {
  readonly budget: string;
  /** @default the budget's one balance for all */
  readonly partition?: string;
  /** @default the only one that has not ended */
  readonly window?: string;
  readonly unit: string;
}

/** Longer lists help nobody. */
const listed = 10;

/**
 * Finds the one balance that is meant.
 *
 * @throws CliError listing what there is, when it is none or several: money is not moved by a guess.
 */
export async function findBalance(
  store: Pick<OpenStore, "ledger">,
  { budget, partition = "", window, unit }: BalanceName,
  now: number,
): Promise<Balance> {
  const ofBudget = await budgetBalances(store, { budget, all: true }, now);
  if (ofBudget.length === 0) {
    throw new CliError(
      `budget ${budget} has no balance: there is one from the first decision in its window on`,
    );
  }
  const ofUnit = ofBudget.filter((balance) => balance.unit === unit);
  if (ofUnit.length === 0) {
    throw new CliError(`budget ${budget} counts ${namesOf(ofBudget, "unit")}, not ${unit}`);
  }
  const ofPartition = ofUnit.filter((balance) => balance.partition === partition);
  if (ofPartition.length === 0) {
    const what = partition === "" ? "no balance for all" : `no balance of ${partition}`;
    throw new CliError(`budget ${budget} has ${what}: give --partition, of ${namesOf(ofUnit, "partition")}`);
  }
  const windows = ofPartition.filter((balance) =>
    window === undefined ? !hasEnded(balance, now) : balance.window === window,
  );
  const [only] = windows;
  if (only !== undefined && windows.length === 1) return only;
  const what =
    window === undefined ? `${windows.length || "no"} windows that have not ended` : "no such window";
  const known = windows.length === 0 ? ofPartition : windows;
  throw new CliError(`budget ${budget} has ${what}: give --window, of ${namesOf(known, "window")}`);
}

/** The different names among balances; of windows the newest first. */
function namesOf(balances: readonly Balance[], name: "unit" | "partition" | "window"): string {
  const sorted = [...new Set(balances.map((balance) => balance[name] || '""'))];
  const names = name === "window" ? sorted.toReversed() : sorted;
  const rest = names.length - listed;
  return `${names.slice(0, listed).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
