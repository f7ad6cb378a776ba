import { cleanText } from "../codec/clean-text.ts";
import { given } from "../codec/given.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Attempt, Finding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";
import type { Held } from "./hold-attempt.ts";
import { receiptAction, receiptClaim, receiptExceeded } from "./receipt-content.ts";

/** The decision receipt of an attempt that goes through (`held`) or does not (`finding`). */
export function decisionContent(
  core: GateCore,
  attempt: Attempt,
  held: Held | null,
  finding: Finding | null,
): ReceiptContent {
  const plan = held?.plan ?? null;
  const said = finding ?? held?.wouldBe ?? null;
  const approval = finding?.approval?.approval.id ?? attempt.claimed[0]?.id;
  const failure = plan?.failure ?? finding?.failure;
  const outcome = said?.outcome ?? (plan?.rewritten === true ? "degrade" : "allow");
  return given({
    type: "decision",
    id: attempt.id,
    action: receiptAction(attempt.action, attempt.digest, attempt.run, core.params(attempt)),
    decision: given({
      outcome,
      terminal: said?.terminal ?? false,
      mode: core.mode,
      code: said?.code ?? (plan?.rewritten === true ? "degraded" : "allowed"),
      reason: cleanText(said?.reason ?? plan?.reason ?? ""),
      rules: (said?.rules ?? plan?.rules ?? []).map(cleanText),
      evaluators: (said?.evaluators ?? plan?.evaluators ?? []).map(cleanText),
      policy: attempt.rules.policy,
      failure: failure === undefined ? undefined : cleanText(failure),
    }),
    claims: (held?.claims ?? []).map((claim) => receiptClaim(claim)),
    price: held === null || held.rates === null ? null : attempt.rules.priceOf(held.rates),
    reservation: held?.reservation?.id ?? null,
    exceeded: said?.exceeded === undefined ? undefined : receiptExceeded(said.exceeded),
    enforced: plan?.rewritten === true ? plan.digest : undefined,
    replaced:
      plan?.rewritten === true && plan.action.name !== attempt.action.name ? plan.action.name : undefined,
    approval,
  });
}
