import type {
  BackendEvaluationOutcome,
  PolicyBackendEvaluationResult,
  PolicyDecisionResult,
} from "@microsoft/agent-governance-sdk";
import type { Awaitable } from "@tollgate/core";
import type { AgtEngine } from "./agt-engine.ts";

/** AGT's answers, the strictest last. */
const decisions = ["allow", "review", "deny"] as const;

/** What AGT says of one call, both its rule sets and all its backends heard. */
export interface AgtAnswer {
  readonly decision: (typeof decisions)[number];
  readonly reason: string;
  /** The rule that decided, as `policy/rule`; `legacy` for AGT's flat rules. */
  readonly rule: string;
  readonly approvers: readonly string[];
}

/** An answer with the names of the backends that had no say in it. */
interface Heard extends AgtAnswer {
  readonly unasked: readonly string[];
}

/**
 * Asks both rule sets of an engine, and takes the stricter answer.
 *
 * Whatever is none of AGT's answers is a deny. Answers at once where the engine has no backends.
 */
export function askEngine(
  engine: AgtEngine,
  agent: string,
  action: string,
  context: Record<string, unknown>,
): Awaitable<AgtAnswer> {
  const rich = engine.listPolicies().length > 0;
  const legacy = engine.getRules().length > 0;
  if (!(rich || legacy)) return denial("AGT has neither a policy nor a rule", "none");
  if (engine.listBackends().length > 0) return askBackends(engine, agent, action, context, { rich, legacy });
  const first = rich ? richAnswer(engine.evaluatePolicy(agent, context)) : null;
  if (!legacy || first?.decision === "deny") return first ?? denial("AGT gave no answer", "none");
  return stricter(first, legacyAnswer(engine.evaluate(action, context)));
}

async function askBackends(
  engine: AgtEngine,
  agent: string,
  action: string,
  context: Record<string, unknown>,
  sets: { readonly rich: boolean; readonly legacy: boolean },
): Promise<AgtAnswer> {
  let answer: Heard | null = null;
  if (sets.rich) answer = readResult(await engine.evaluatePolicyWithBackends(agent, context), "rich");
  if (sets.legacy && answer?.decision !== "deny") {
    const second = readResult(await engine.evaluateWithBackends(action, context), "legacy");
    // A backend that was asked about the call by one rule set need not know the other's question.
    const unasked =
      answer === null ? second.unasked : second.unasked.filter((name) => answer?.unasked.includes(name));
    answer = { ...stricter(answer, second), unasked };
  }
  if (answer === null || answer.decision === "deny" || answer.unasked.length === 0) {
    return answer ?? denial("AGT gave no answer", "none");
  }
  const names = answer.unasked.join(", ");
  return denial(
    `backend ${names} has no method for this question, and AGT takes that for an allow`,
    "backends",
  );
}

function readResult(result: PolicyBackendEvaluationResult, set: "rich" | "legacy"): Heard {
  const { localDecision, effectiveDecision, effectivePolicyResult, backendResults } = result;
  const local = typeof localDecision === "object" ? richAnswer(localDecision) : legacyAnswer(localDecision);
  const strange = backendResults.find(({ decision }) => !isDecision(decision));
  if (strange !== undefined) {
    return {
      ...denial(`backend ${strange.backend} answered neither allow, deny nor review`, "backends"),
      unasked: [],
    };
  }
  if (!isDecision(effectiveDecision))
    return { ...denial("AGT answered neither allow, deny nor review", "none"), unasked: [] };
  const isOverruled = backendResults.some(
    ({ decision, error }) => rank(error ? "deny" : decision) > rank(effectiveDecision),
  );
  if (isOverruled || (effectiveDecision === "allow" && effectivePolicyResult?.allowed === false))
    return { ...denial("AGT's answer contradicts itself", "none"), unasked: [] };
  const unasked = backendResults.filter(isUnasked).map(({ backend }) => backend);
  const decided = backendResults
    .filter(({ decision }) => decision === effectiveDecision)
    .map(({ backend }) => backend);
  const reason =
    effectivePolicyResult?.reason ??
    `${set === "legacy" ? "rules" : "policy"} and backends answered ${effectiveDecision}`;
  const effective: AgtAnswer =
    rank(effectiveDecision) > rank(local.decision)
      ? { decision: effectiveDecision, reason, rule: `backend ${decided.join(", ")}`, approvers: [] }
      : local;
  return { ...effective, unasked };
}

/** AGT notes so that a backend lacks the method, and counts it as an allow. */
function isUnasked({ decision, reason }: BackendEvaluationOutcome): boolean {
  return decision === "allow" && /^No (action|policy) evaluator registered$/.test(reason ?? "");
}

function richAnswer(result: PolicyDecisionResult): AgtAnswer {
  const { allowed, action, matchedRule, policyName, approvers, rateLimited } = result;
  const rule = matchedRule === undefined ? "default" : `${policyName}/${matchedRule}`;
  const reason = result.reason || `rule ${rule}`;
  if (rateLimited === true && allowed === true) return denial("AGT's answer contradicts itself", rule);
  if (allowed === true && action === "allow") return { decision: "allow", reason, rule, approvers: [] };
  if (allowed === false && action === "require_approval")
    return { decision: "review", reason, rule, approvers };
  if (allowed === false && action === "deny") return denial(reason, rule);
  return denial(`AGT answered ${action}, which is neither allow, deny nor require_approval`, rule);
}

function legacyAnswer(answer: string): AgtAnswer {
  if (!isDecision(answer)) return denial("a rule's effect is neither allow, deny nor review", "legacy");
  return { decision: answer, reason: `AGT's rules answered ${answer}`, rule: "legacy", approvers: [] };
}

function stricter(first: AgtAnswer | null, second: AgtAnswer): AgtAnswer {
  return first !== null && rank(first.decision) >= rank(second.decision) ? first : second;
}

function rank(decision: AgtAnswer["decision"]): number {
  return decisions.indexOf(decision);
}

function isDecision(value: unknown): value is AgtAnswer["decision"] {
  return (decisions as readonly unknown[]).includes(value);
}

function denial(reason: string, rule: string): AgtAnswer {
  return { decision: "deny", reason, rule, approvers: [] };
}
