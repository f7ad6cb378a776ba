import type { Action } from "../action/action.ts";
import { given } from "../codec/given.ts";
import type { JsonObject, JsonValue } from "../codec/json.ts";
import type { Charge, Claim, Exceeded } from "../ledger/ledger.ts";
import type { ModelRates, Rate } from "../pricing/price-catalog.ts";
import type { ReceiptAction, ReceiptClaim, ReceiptExceeded, ReceiptPrice } from "../receipt/receipt.ts";
import type { RunHandle } from "./run-handle.ts";

/** The receipt's view of the action that was asked for. */
export function receiptAction(
  action: Action,
  digest: string,
  run: RunHandle,
  params: string | undefined,
): ReceiptAction {
  return given({
    digest,
    kind: action.kind,
    name: action.name,
    provider: action.provider,
    subject: action.subject as JsonObject,
    run: run.id,
    root: run.root === run.id ? undefined : run.root,
    step: action.step,
    attempt: action.attempt,
    params,
  });
}

/** The receipt's view of what is held. */
export function receiptClaim(claim: Claim, amount: bigint = claim.amount): ReceiptClaim {
  return {
    budget: claim.budget,
    partition: claim.partition,
    window: claim.window,
    unit: claim.unit,
    amount: amount.toString(),
  };
}

/** The receipt's view of the limits that an action did not fit into. */
export function receiptExceeded(exceeded: readonly Exceeded[]): readonly ReceiptExceeded[] {
  return exceeded.map(({ claim, spent, held }) => ({
    ...receiptClaim(claim),
    limit: (claim.limit ?? 0n).toString(),
    spent: spent.toString(),
    held: held.toString(),
  }));
}

/** The receipt's view of what went beyond the reservation; undefined when nothing did. */
export function receiptOverage(charges: readonly Charge[]): readonly ReceiptClaim[] | undefined {
  const over = charges.filter((charge) => charge.overage > 0n);
  return over.length === 0 ? undefined : over.map((charge) => receiptClaim(charge.claim, charge.overage));
}

/** The receipt's view of the price: every rate that could have been used. */
export function receiptPrice(catalog: string, rates: ModelRates): ReceiptPrice {
  return {
    catalog,
    model: `${rates.provider}/${rates.model}`,
    rates: given({
      input: rateJson(rates.input) as JsonValue,
      output: rateJson(rates.output),
      cache_read: rateJson(rates.cacheRead),
      cache_write: rateJson(rates.cacheWrite),
      per_call: rateJson(rates.perCall),
    }),
  };
}

function rateJson(rate: Rate | undefined): JsonValue | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === "bigint") return rate.toString();
  return {
    base: rate.base.toString(),
    tiers: rate.tiers.map((tier) => ({ start: tier.start, rate: tier.rate.toString() })),
  };
}
