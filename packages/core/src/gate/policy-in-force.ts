import type { Subject } from "../action/subject.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig } from "../errors.ts";
import { checkEvaluators } from "../evaluate/check-evaluators.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import { expandComposites } from "../evaluate/expand-composites.ts";
import type { BudgetInput } from "../ledger/budget.ts";
import { type ClaimsOf, createClaims } from "../ledger/claims.ts";
import { parseBudgets } from "../ledger/parse-budgets.ts";
import { genaiPrices } from "../pricing/genai-prices-catalog.ts";
import type { ModelRates, PriceCatalog } from "../pricing/price-catalog.ts";
import type { PriceTable } from "../pricing/price-table.ts";
import type { ReceiptPrice } from "../receipt/receipt.ts";
import type { GateFailure, GateOptions } from "./gate-options.ts";
import { receiptPrice } from "./receipt-content.ts";

/** A policy that can change while a gate runs: all of it at once, never a part. */
export interface PolicyInForce {
  /** `sha256:` and 64 hex digits; in the receipt of every decision made under it. */
  readonly digest: string;
  /** After the gate's own. @default [] */
  readonly budgets?: readonly BudgetInput[];
  /** After the gate's own. @default [] */
  readonly evaluators?: readonly Evaluator[];
  /** In place of the gate's own. */
  readonly prices?: PriceCatalog | PriceTable;
  /** In place of the gate's own. */
  readonly unpriced?: "deny" | "allow";
  /**
   * The role that a subject has: the one that the policy gives it, else the one that it comes with. Must not throw.
   *
   * It is asked once it is sure who acts, and counts for evaluators, budgets and receipts alike. A subject that comes
   * with another role keeps that for evaluators, which are to refuse it; budgets go by this one.
   *
   * @default the role that it comes with
   */
  readonly roleOf?: (subject: Subject) => string | undefined;
}

/**
 * Whether a gate can use what is to become its policy; who has it asks before it answers another one.
 *
 * @throws InvalidConfig when not, such as for a budget that the gate has itself; never once the gate is closed.
 */
export type AcceptPolicy = (next: PolicyInForce) => void;

/** What one decision is judged and priced by, from its first step to its last. */
export interface Rules {
  readonly evaluators: readonly Evaluator[];
  readonly claimsOf: ClaimsOf;
  readonly prices: PriceCatalog;
  readonly unpriced: "deny" | "allow";
  readonly policy: string | null;
  /** The receipt's form of a model's rates, made once for each. */
  priceOf(rates: ModelRates): ReceiptPrice;
  /** The subject in the role that the policy gives it. */
  readonly inRole: (subject: Subject) => Subject;
}

/**
 * Makes what answers the rules in force; they are made anew when the policy's source answers another object.
 *
 * Rules that make no sense later on are reported, and those before them stay.
 *
 * @throws InvalidConfig when they make no sense from the beginning.
 */
export function rulesInForce(
  options: GateOptions,
  report: (failure: GateFailure) => void,
  closed: () => boolean,
): () => Rules {
  const { policy } = options;
  if (typeof policy !== "function") {
    const rules = makeRules(options, policy ?? null, {});
    return () => rules;
  }
  let isMade = false;
  const accept: AcceptPolicy = (next) => {
    if (isMade && !closed()) makeRules(options, next.digest, next);
  };
  let last = policy(accept);
  let rules = makeRules(options, last.digest, last);
  // A gate that could not be made has no say in what its policy becomes.
  isMade = true;
  return () => {
    try {
      const now = policy(accept);
      if (now !== last) {
        last = now;
        rules = makeRules(options, now.digest, now);
      }
    } catch (cause) {
      report({ during: "policy", cause });
    }
    return rules;
  };
}

function makeRules(options: GateOptions, digest: string | null, policy: Partial<PolicyInForce>): Rules {
  if (digest !== null) checkDigest(digest, "policy");
  const evaluators = [...(options.evaluators ?? []), ...(policy.evaluators ?? [])];
  checkEvaluators(evaluators);
  const prices = readPrices(policy.prices ?? options.prices);
  const forms = new WeakMap<ModelRates, ReceiptPrice>();
  const { roleOf } = policy;
  return {
    evaluators: expandComposites(evaluators),
    claimsOf: createClaims(parseBudgets([...(options.budgets ?? []), ...(policy.budgets ?? [])])),
    prices,
    unpriced: policy.unpriced ?? options.unpriced ?? "deny",
    policy: digest,
    priceOf: (rates) => {
      let form = forms.get(rates);
      if (form === undefined) {
        form = receiptPrice(prices.digest, rates);
        forms.set(rates, form);
      }
      return form;
    },
    inRole: (subject) =>
      roleOf === undefined ? subject : Object.freeze(given({ ...subject, role: roleOf(subject) })),
  };
}

function readPrices(prices: GateOptions["prices"]): PriceCatalog {
  if (prices === undefined) return genaiPrices();
  if (!("rates" in prices)) return genaiPrices({ overrides: prices });
  checkDigest(prices.digest, "prices.digest");
  return prices;
}

function checkDigest(digest: string, field: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new InvalidConfig(field, "expected sha256: and 64 hex digits");
  }
}
