import { findDenial, type Gate, gateBudget, type Permit } from "@tollgate/core";
import { costing } from "./money-gate.ts";

/** What a caller was told for certain; an id is the decision's. */
export type Told =
  | { readonly what: "decided" | "released"; readonly id: string }
  | { readonly what: "settled"; readonly id: string; readonly amount: string }
  | { readonly what: "denied" | "unavailable" };

/** What each call costs at most: a cent. */
export const centNano = 10_000_000n;

/** What the server calls the connections of processes that spend. */
export const spenderName: string = "spender";

/** How {@link spend} goes about it. */
export interface Spending {
  readonly callers: number;
  /** Asked before each call. */
  readonly isOver: () => boolean;
  /** Told synchronously, before anything else happens. */
  readonly tell: (told: Told) => void;
  /** Settle everything in full, instead of settling, releasing and forgetting at random. @default false */
  readonly inFull?: boolean;
}

/** Spends cents until it is over or the budget is used up, through all that goes wrong. */
export async function spend(gate: Gate, { callers, isOver, tell, inFull = false }: Spending): Promise<void> {
  const caller = async () => {
    while (!isOver()) {
      try {
        const permit = await gateBudget(gate, costing("$0.01"));
        tell({ what: "decided", id: permit.id });
        await end(permit, inFull ? 1 : Math.random(), tell);
      } catch (error) {
        if (findDenial(error)?.code === "action_denied") {
          tell({ what: "denied" });
          if (inFull) return;
        }
        tell({ what: "unavailable" });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

async function end(permit: Permit, chance: number, tell: (told: Told) => void): Promise<void> {
  const { id } = permit;
  // Its holder forgets it.
  if (chance < 0.1) return;
  if (chance < 0.2) {
    const { receipt } = await permit.release("not sent");
    if (receipt !== null) tell({ what: "released", id });
    return;
  }
  const amount = (centNano * BigInt(Math.ceil(chance * 1000))) / 1000n;
  const { receipt } = await permit.settle({ amounts: { usd: amount } });
  if (receipt !== null) tell({ what: "settled", id, amount: String(amount) });
}
