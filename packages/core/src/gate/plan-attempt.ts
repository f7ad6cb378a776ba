import type { Action, Patch, PatchField } from "../action/action.ts";
import { digestAction } from "../action/action-digest.ts";
import { applyPatch } from "../action/apply-patch.ts";
import { isPromiseLike } from "../awaitable.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { given } from "../codec/given.ts";
import { messageOf } from "../errors.ts";
import { judge } from "../evaluate/judge.ts";
import type { Judgement } from "../evaluate/judgement.ts";
import { approve } from "./approve.ts";
import { type Attempt, denied, type Finding, isFinding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";

/** An attempt that no evaluator refuses: the action as it is to be enforced. */
export interface Plan {
  readonly action: Action;
  readonly digest: string;
  readonly paramsJson: string;
  readonly rewritten: boolean;
  readonly reason: string;
  readonly rules: readonly string[];
  readonly evaluators: readonly string[];
  /** What failed, where the gate fails open. */
  readonly failure?: string;
}

/** The action as it was asked for, which nobody has judged. */
export function unjudged(attempt: Attempt): Plan {
  const { action, digest, paramsJson } = attempt;
  return {
    action,
    digest,
    paramsJson,
    rewritten: false,
    reason: "",
    rules: [],
    evaluators: [],
  };
}

/** A degrade must come to rest: what it makes of an action is judged again at most this often. */
const maxRewrites = 4;

/** Asks the evaluators, applies their degrades, and has the rewritten action judged too. */
export async function planAttempt(core: GateCore, attempt: Attempt, from: Plan): Promise<Plan | Finding> {
  let plan = from;
  for (let rewrites = 0; rewrites <= maxRewrites; rewrites++) {
    const asked = judge(attempt.rules.evaluators, plan.action, evaluationContext(core, attempt), {
      timeoutMs: core.evaluatorTimeoutMs,
      clock: core.clock,
      onFailure: core.failure === "open" ? "abstain" : "deny",
    });
    const judgement = isPromiseLike(asked) ? await asked : asked;
    const judged = judgedPlan(plan, judgement);
    const refused = refusalOf(core, judgement);
    if (refused !== null) return withFailure(refused, judged);
    const next = rewrite(judged, judgement.patches, attempt.accepts);
    if (isFinding(next)) return next;
    // Only what stays as it is can be approved: a person approves what will really be done.
    if (next === judged)
      return judgement.outcome === "require_approval" ? ask(core, attempt, judged, judgement) : judged;
    plan = next;
  }
  return denied(
    "degrade_failed",
    `the rewritten action is rewritten again and again (${maxRewrites} times)`,
    {
      rules: plan.rules,
      evaluators: plan.evaluators,
    },
  );
}

/** Applies degrades to what is planned; the same plan when they change nothing. */
export function rewrite(
  plan: Plan,
  patches: readonly Patch[],
  accepts: readonly PatchField[],
): Plan | Finding {
  if (patches.length === 0) return plan;
  try {
    const action = patches.reduce(applyPatch, plan.action);
    const digested = digestAction(action);
    if (digested.digest === plan.digest) return plan;
    const missing = changedFields(plan.action, action).filter((field) => !accepts.includes(field));
    if (missing.length > 0) {
      return denied(
        "degrade_failed",
        `a degrade changes ${missing.join(", ")}, which this caller cannot apply`,
        plan,
      );
    }
    return { ...plan, ...digested, action, rewritten: true };
  } catch (error) {
    return denied("degrade_failed", messageOf(error), { rules: plan.rules, cause: error });
  }
}

function changedFields(before: Action, after: Action): PatchField[] {
  const changed: PatchField[] = [];
  if (before.name !== after.name) changed.push("model");
  if (before.provider !== after.provider) changed.push("provider");
  if (before.maxOutputTokens !== after.maxOutputTokens) changed.push("maxOutputTokens");
  if (canonicalJson(before.params) !== canonicalJson(after.params)) changed.push("params");
  return changed;
}

/** What refuses the action without asking anybody, if anything does. */
function refusalOf(core: GateCore, judgement: Judgement): Finding | null {
  const { outcome, reason, rules, evaluators, failure } = judgement;
  if (failure !== undefined && core.failure === "closed") {
    return denied("evaluator_failed", reason, { rules, evaluators, cause: failure.cause });
  }
  if (outcome === "deny") {
    return denied("policy_denied", reason, { rules, evaluators, terminal: judgement.terminal });
  }
  if (outcome !== "skip") return null;
  const { result } = judgement;
  return given({ outcome, code: "skipped", reason, rules, evaluators, terminal: false, result });
}

function judgedPlan(plan: Plan, { reason, rules, evaluators, failure }: Judgement): Plan {
  const merged = rules.length === 0 ? plan.rules : [...new Set([...plan.rules, ...rules])];
  const judged = { ...plan, reason, evaluators, rules: merged };
  if (failure === undefined) return judged;
  return { ...judged, failure: plan.failure ?? `evaluator_failed: ${failure.reason}` };
}

async function ask(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  judgement: Judgement,
): Promise<Plan | Finding> {
  const { reason, rules, evaluators } = judgement;
  const finding = await approve(core, attempt, plan, {
    reason,
    rules,
    approver: judgement.approver ?? null,
    ttlMs: judgement.approvalTtlMs ?? core.approvalTtlMs,
  });
  return finding === null ? plan : withFailure({ ...finding, evaluators }, plan);
}

/** A refusal by those who could judge, with a note of who could not. */
function withFailure(finding: Finding, { failure }: Plan): Finding {
  return failure === undefined ? finding : { ...finding, failure };
}

function evaluationContext(core: GateCore, { id, run, step, repeats }: Attempt): Parameters<typeof judge>[2] {
  return {
    decision: id,
    run: { ...run.counts, id: run.id, root: run.root, steps: step, repeats },
    now: core.recorder.recordTime(),
    balances: (query) => core.ledger.balances(query),
  };
}
