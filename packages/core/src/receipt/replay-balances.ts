import type { Balance } from "../action/balance.ts";
import { VerificationError } from "../errors.ts";
import { OpenDecisions } from "./open-decisions.ts";
import type { AdjustmentBody, ReceiptClaim, SettlementBody } from "./receipt.ts";
import { type ReceiptStream, readReceiptText } from "./receipt-text.ts";

/** Where one budget stands by its receipts; a receipt does not tell limits or when windows end. */
export type ReplayedBalance = Pick<Balance, "budget" | "partition" | "window" | "unit" | "spent" | "held">;

/** How balances are replayed. */
export interface ReplayOptions {
  /**
   * Whether the beginnings of chains may have been dropped: settlements of decisions that are not there are passed
   * over then, so that only the balances of windows that began later come out whole. @default false
   */
  readonly trimmed?: boolean;
}

/**
 * Computes from receipts alone what the ledger's balances must be: every balance that was ever claimed.
 *
 * Shadow-mode receipts count as their claims do in the ledger. A unit of a claim that a settlement does not
 * name is booked as reserved. An adjustment counts once, however many receipts say it. Ordered by budget,
 * partition, window, unit. Signatures are not checked: verify first.
 *
 * @throws VerificationError when a receipt cannot be read, a settlement ends no open decision, or two receipts of
 * one adjustment do not say the same.
 */
export async function replayBalances(
  receipts: ReceiptStream,
  { trimmed = false }: ReplayOptions = {},
): Promise<readonly ReplayedBalance[]> {
  const decisions = new OpenDecisions(trimmed);
  const adjustments = new Map<string, string>();
  const balances = new Balances();
  let index = 0;
  for await (const input of receipts) {
    const text = readReceiptText(input);
    if ("reason" in text) throw new VerificationError(`receipt at ${index}: ${text.message}`);
    const { body } = text.receipt;
    index += 1;
    if (body.type === "adjustment") {
      const said = saidOf(body);
      const before = adjustments.get(body.adjustment) ?? said;
      if (before !== said)
        throw new VerificationError(`receipt ${body.id}: the adjustment was another before`);
      if (!adjustments.has(body.adjustment)) balances.spend(body, BigInt(body.amount));
      adjustments.set(body.adjustment, said);
    } else if (body.type === "decision") {
      const added = decisions.add(body);
      if (added.status === "flawed") throw new VerificationError(`receipt ${body.id}: ${added.flaw.message}`);
      if (added.status === "held")
        for (const claim of body.claims) balances.hold(claim, BigInt(claim.amount));
    } else if (body.type === "settlement") {
      const ended = decisions.end(body);
      if (ended.status === "flawed") throw new VerificationError(`receipt ${body.id}: ${ended.flaw.message}`);
      if (ended.status === "foreign") continue;
      for (const claim of ended.open.claims) {
        if (!ended.open.expired) balances.hold(claim, -BigInt(claim.amount));
        if (body.outcome === "settled") balances.spend(claim, booked(body, claim));
      }
    }
  }
  return balances.list();
}

function booked(body: SettlementBody, claim: ReceiptClaim): bigint {
  return BigInt((body.amounts.find(({ unit }) => unit === claim.unit) ?? claim).amount);
}

/** What makes an adjustment the one that it is. */
function saidOf(body: AdjustmentBody): string {
  const { kind, budget, partition, window, unit, amount, by, reason } = body;
  return JSON.stringify([kind, budget, partition, window, unit, amount, by, reason]);
}

type Place = Pick<ReceiptClaim, "budget" | "partition" | "window" | "unit">;

class Balances {
  readonly #balances = new Map<string, ReplayedBalance>();

  hold(claim: Place, amount: bigint): void {
    const balance = this.#of(claim);
    this.#put({ ...balance, held: balance.held + amount });
  }

  spend(claim: Place, amount: bigint): void {
    const balance = this.#of(claim);
    this.#put({ ...balance, spent: balance.spent + amount });
  }

  list(): readonly ReplayedBalance[] {
    return [...this.#balances].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, balance]) => balance);
  }

  #of({ budget, partition, window, unit }: Place): ReplayedBalance {
    const empty = { budget, partition, window, unit, spent: 0n, held: 0n };
    return this.#balances.get(keyOf(empty)) ?? empty;
  }

  #put(balance: ReplayedBalance): void {
    this.#balances.set(keyOf(balance), balance);
  }
}

function keyOf({ budget, partition, window, unit }: ReplayedBalance): string {
  return JSON.stringify([budget, partition, window, unit]);
}
