import type { Awaitable, Balance, Claim, Ledger } from "@tollgate/core";
import { sameBalance } from "./ledger-model.ts";

/** Makes an empty ledger; it is closed after use. */
export type MakeLedger = () => Awaitable<Ledger>;

/** A rule that every ledger keeps; `check` rejects with what broke it. */
export interface LedgerLaw {
  readonly rule: string;
  check(): Promise<void>;
}

/** Uses a new ledger and closes it, whatever happens. */
export async function using(make: MakeLedger, use: (ledger: Ledger) => Awaitable<void>): Promise<void> {
  const ledger = await make();
  try {
    await use(ledger);
  } finally {
    await ledger.close?.();
  }
}

/** Where a claim's balance stands in a list of all balances. */
export function standing(
  balances: readonly Balance[],
  claim: Pick<Claim, "budget" | "partition" | "window" | "unit">,
): { readonly spent: bigint; readonly held: bigint } {
  const { spent, held } = balances.find((balance) => sameBalance(balance, claim)) ?? { spent: 0n, held: 0n };
  return { spent, held };
}
