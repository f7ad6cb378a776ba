import type { ReceiptContent } from "../receipt/chain.ts";
import type { Attempt, Finding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";
import type { Held } from "./hold-attempt.ts";
import { cleanText, receiptAction, receiptClaim, receiptExceeded } from "./receipt-content.ts";

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
  return {
    type: "decision",
    id: attempt.id,
    action: receiptAction(attempt.action, attempt.digest, attempt.run, core.params(attempt)),
    decision: {
      outcome,
      terminal: said?.terminal ?? false,
      mode: core.mode,
      code: said?.code ?? (plan?.rewritten === true ? "degraded" : "allowed"),
      reason: cleanText(said?.reason ?? plan?.reason ?? ""),
      rules: (said?.rules ?? plan?.rules ?? []).map(cleanText),
      evaluators: (said?.evaluators ?? plan?.evaluators ?? []).map(cleanText),
      policy: core.policy,
      ...(failure === undefined ? {} : { failure: cleanText(failure) }),
    },
    claims: (held?.claims ?? []).map((claim) => receiptClaim(claim)),
    price: held === null || held.rates === null ? null : core.priceOf(held.rates),
    reservation: held?.reservation?.id ?? null,
    ...(said?.exceeded === undefined ? {} : { exceeded: receiptExceeded(said.exceeded) }),
    ...(plan?.rewritten === true ? { enforced: plan.digest } : {}),
    ...(plan?.rewritten === true && plan.action.name !== attempt.action.name
      ? { replaced: plan.action.name }
      : {}),
    ...(approval === undefined ? {} : { approval }),
  };
}
