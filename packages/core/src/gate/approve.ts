import type { Attempt, Finding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";
import type { Plan } from "./plan-attempt.ts";

/** What needs somebody's approval, and why. */
export interface ApprovalNeed {
  readonly reason: string;
  readonly rules: readonly string[];
  readonly approver: string | null;
  readonly ttlMs: number;
}

/**
 * Uses up a granted approval of exactly the planned action and answers null, or finds that there is none: asks
 * for one, points to the one that is pending, or denies because it was denied.
 *
 * One approval of an action stands for the whole attempt, whoever asks for it: an evaluator, a soft limit or
 * both. An action that was rewritten since needs another.
 */
export function approve(core: GateCore, attempt: Attempt, plan: Plan, need: ApprovalNeed): Finding | null {
  if (attempt.claimed.some(({ digest }) => digest === plan.digest)) return null;
  const finding: Finding = {
    outcome: "require_approval",
    code: "approval_required",
    reason: need.reason,
    rules: need.rules,
    terminal: false,
  };
  // Shadow mode asks nobody.
  if (core.mode === "shadow") return finding;
  const known = core.approvals.claim(attempt.run.id, plan.digest);
  if (known?.status === "used") {
    attempt.claimed.push(known);
    return null;
  }
  if (known?.status === "denied") {
    const why = known.answer?.reason ? `: ${known.answer.reason}` : "";
    return {
      ...finding,
      outcome: "deny",
      code: "approval_denied",
      reason: `${known.answer?.by ?? "somebody"} denied approval ${known.id}${why}`,
    };
  }
  const approval =
    known ??
    core.approvals.request({
      run: attempt.run.id,
      digest: plan.digest,
      action: plan.action,
      reason: need.reason,
      approver: need.approver,
      ttlMs: need.ttlMs,
    });
  return { ...finding, approval: { approval, isNew: known === null } };
}
