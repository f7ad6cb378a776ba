import type { Action, Patch, PatchField } from "../action/action.ts";
import { digestAction } from "../action/action-digest.ts";
import { applyPatch } from "../action/apply-patch.ts";
import { isPromiseLike } from "../awaitable.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { judge } from "../evaluate/judge.ts";
import type { Judgement } from "../evaluate/judgement.ts";
import { approve } from "./approve.ts";
import { type Attempt, denied, type Finding, isFinding, messageOf } from "./attempt.ts";
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
    const asked = judge(core.evaluators, plan.action, evaluationContext(core, attempt), {
      timeoutMs: core.evaluatorTimeoutMs,
      clock: core.clock,
    });
    const judgement = isPromiseLike(asked) ? await asked : asked;
    const accepted = accept(core, attempt, plan, judgement);
    if (isFinding(accepted)) return accepted;
    const next = rewrite(accepted, judgement.patches, attempt.accepts);
    if (isFinding(next) || next === accepted) return next;
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

/** What the evaluators' judgement makes of the plan, degrades aside. */
function accept(core: GateCore, attempt: Attempt, plan: Plan, judgement: Judgement): Plan | Finding {
  const { outcome, reason, rules, evaluators } = judgement;
  if (judgement.failure !== undefined) {
    const { cause } = judgement.failure;
    if (core.failure === "open") return { ...plan, evaluators, failure: `evaluator_failed: ${reason}` };
    return denied("evaluator_failed", reason, { rules, evaluators, cause });
  }
  const judged: Plan = { ...plan, reason, evaluators, rules: [...new Set([...plan.rules, ...rules])] };
  switch (outcome) {
    case "deny":
      return denied("policy_denied", reason, { rules, evaluators, terminal: judgement.terminal });
    case "skip":
      return {
        outcome: "skip",
        code: "skipped",
        reason,
        rules,
        evaluators,
        terminal: false,
        ...(judgement.result === undefined ? {} : { result: judgement.result }),
      };
    case "require_approval": {
      const approval = approve(core, attempt, {
        reason,
        rules,
        approver: judgement.approver ?? null,
        ttlMs: judgement.approvalTtlMs ?? core.approvalTtlMs,
      });
      return approval === null ? judged : { ...approval, evaluators };
    }
    default:
      return judged;
  }
}

function evaluationContext(core: GateCore, { run }: Attempt): Parameters<typeof judge>[2] {
  return {
    run: { id: run.id, root: run.root, steps: run.attempts, startedAt: run.startedAt },
    now: core.recorder.recordTime(),
    balances: (query) => core.ledger.balances(query),
  };
}
