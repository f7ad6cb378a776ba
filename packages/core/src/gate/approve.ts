import type { Approval } from "../oversight/approvals.ts";
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
 * Uses up a granted approval of exactly the planned action, under the policy in force, and answers null; or finds that
 * there is none: asks for one, points to the one that is pending, or denies because it was denied. Throws where the
 * store of approvals fails.
 *
 * One approval of an action stands for the whole attempt, whoever asks for it: an evaluator, a soft limit or
 * both. An action that was rewritten since needs another.
 */
export async function approve(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  need: ApprovalNeed,
): Promise<Finding | null> {
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
  const request = requestOf(core, attempt, plan, need);
  const approval = await core.approvals.ask(request, attempt.id);
  if (approval.status === "used") {
    attempt.claimed.push(approval);
    return null;
  }
  if (approval.status === "denied") {
    const { answer, id } = approval;
    const why = answer?.reason ? `: ${answer.reason}` : "";
    return {
      ...finding,
      outcome: "deny",
      code: "approval_denied",
      reason: `${answer?.by ?? "somebody"} denied approval ${id}${why}`,
    };
  }
  return { ...finding, approval: { approval, isNew: approval.id === request.id } };
}

function requestOf(core: GateCore, { run, rules }: Attempt, plan: Plan, need: ApprovalNeed): Approval {
  const now = core.recorder.recordTime();
  const { kind, name, subject } = plan.action;
  return {
    id: core.newId(),
    status: "pending",
    digest: plan.digest,
    policy: rules.policy,
    run: run.id,
    action: { kind, name },
    subject,
    reason: need.reason,
    approver: need.approver,
    requestedAt: now,
    expiresAt: now + need.ttlMs,
    decision: null,
    answer: null,
  };
}
