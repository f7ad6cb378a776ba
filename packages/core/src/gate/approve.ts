import type { Attempt, Finding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";

/** What needs somebody's approval, and why. */
export interface ApprovalNeed {
  readonly reason: string;
  readonly rules: readonly string[];
  readonly approver: string | null;
  readonly ttlMs: number;
}

/**
 * Uses up a granted approval of exactly this action and answers null, or finds that there is none: asks for
 * one, points to the one that is pending, or denies because it was denied.
 *
 * One approval stands for the whole attempt, whoever asks for it: an evaluator, a soft limit or both.
 */
export function approve(core: GateCore, attempt: Attempt, need: ApprovalNeed): Finding | null {
  if (attempt.claimed.length > 0) return null;
  const finding: Finding = {
    outcome: "require_approval",
    code: "approval_required",
    reason: need.reason,
    rules: need.rules,
    terminal: false,
  };
  // Shadow mode asks nobody.
  if (core.mode === "shadow") return finding;
  const known = core.approvals.claim(attempt.run.id, attempt.digest);
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
      digest: attempt.digest,
      action: attempt.action,
      reason: need.reason,
      approver: need.approver,
      ttlMs: need.ttlMs,
    });
  return { ...finding, approval: { approval, isNew: known === null } };
}
