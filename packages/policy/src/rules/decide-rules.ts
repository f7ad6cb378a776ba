import type { Patch, Verdict } from "@tollgate/core";
import { CannotEvaluate } from "../cel/cannot-evaluate.ts";
import type { Scope } from "../cel/scope.ts";
import { type Rule, rankOf, ruleDecisions } from "./rule.ts";

/** What became of one rule that an action could match. */
export interface AskedRule {
  readonly rule: string;
  readonly priority: number;
  /** `failed` where its condition has no value, which denies; `unasked` where a higher priority has decided. */
  readonly answer: "matched" | "not matched" | "failed" | "unasked";
  /** Why it failed. */
  readonly problem?: string;
}

/** A rule that has something to say. */
interface Heard {
  readonly rule: Rule;
  readonly rank: number;
  /** Why its condition has no value, if that is so. */
  readonly problem: string | null;
}

const denyRank = ruleDecisions.indexOf("deny");

/**
 * Asks rules about an action; null when none matches.
 *
 * The rules must be in the order of `byPriority`. The highest priority of which a rule matches decides, and within
 * it the most restrictive; a rule whose condition has no value denies.
 */
export function decideRules(rules: readonly Rule[], scope: Scope, asked: AskedRule[] | null): Verdict | null {
  let heard: Heard[] = [];
  let priority = Number.POSITIVE_INFINITY;
  for (const rule of rules) {
    if (heard.length > 0 && rule.priority < priority) {
      if (asked === null) break;
      asked.push({ rule: rule.id, priority: rule.priority, answer: "unasked" });
      continue;
    }
    priority = rule.priority;
    const answer = ask(rule, scope);
    if (answer !== null) heard.push(answer);
    if (asked !== null) asked.push(told(rule, answer));
  }
  if (heard.length === 0) return null;
  const rank = heard.reduce((most, each) => Math.max(most, each.rank), 0);
  heard = heard.filter((each) => each.rank === rank);
  return verdictOf(heard as [Heard, ...Heard[]]);
}

function ask(rule: Rule, scope: Scope): Heard | null {
  try {
    return rule.when.holds(scope) ? { rule, rank: rankOf(rule.then), problem: null } : null;
  } catch (error) {
    if (!(error instanceof CannotEvaluate)) throw error;
    return { rule, rank: denyRank, problem: error.message };
  }
}

function told(rule: Rule, heard: Heard | null): AskedRule {
  const { id, priority } = rule;
  if (heard === null) return { rule: id, priority, answer: "not matched" };
  if (heard.problem === null) return { rule: id, priority, answer: "matched" };
  return { rule: id, priority, answer: "failed", problem: heard.problem };
}

/** What rules of one rank say together; the one with the first id is told of. */
function verdictOf(heard: readonly [Heard, ...Heard[]]): Verdict {
  const [{ rule, problem }] = heard;
  const { then, id } = rule;
  const why = { rule: id, reason: rule.reason };
  if (problem !== null) {
    return { decision: "deny", rule: id, reason: `rule "${id}" cannot be evaluated: ${problem}` };
  }
  switch (then.decision) {
    case "allow":
      return rule.reason === "" ? { decision: "allow", rule: id } : { decision: "allow", ...why };
    case "deny":
      return { decision: "deny", ...why };
    case "stop":
      return { decision: "deny", terminal: true, ...why };
    case "skip":
      return { ...then, ...why };
    case "require_approval":
      return { ...then, ...why, ...strictest(heard) };
    case "degrade":
      return { decision: "degrade", ...why, patch: mergePatches(heard) };
  }
}

/** There is one request: to the first approver that is named, for the shortest time. */
function strictest(heard: readonly Heard[]): { readonly approver?: string; readonly ttlMs?: number } {
  const asking = heard.flatMap(({ rule: { then } }) => (then.decision === "require_approval" ? [then] : []));
  const approver = asking.find((each) => each.approver !== undefined)?.approver;
  const times = asking.flatMap(({ ttlMs }) => (ttlMs === undefined ? [] : [ttlMs]));
  return {
    ...(approver === undefined ? {} : { approver }),
    ...(times.length === 0 ? {} : { ttlMs: Math.min(...times) }),
  };
}

/** All that the degrades change; where two change the same, the first id's does, and the lowest output limit. */
function mergePatches(heard: readonly Heard[]): Patch {
  const patches = heard.flatMap(({ rule: { then } }) => (then.decision === "degrade" ? [then.patch] : []));
  const model = patches.find((patch) => patch.model !== undefined || patch.provider !== undefined);
  const limits = patches.flatMap(({ maxOutputTokens }) =>
    maxOutputTokens === undefined ? [] : [maxOutputTokens],
  );
  const params = patches.flatMap((patch) => (patch.params === undefined ? [] : [patch.params]));
  return {
    ...(model?.model === undefined ? {} : { model: model.model }),
    ...(model?.provider === undefined ? {} : { provider: model.provider }),
    ...(limits.length === 0 ? {} : { maxOutputTokens: Math.min(...limits) }),
    ...(params.length === 0 ? {} : { params: Object.assign({}, ...params.toReversed()) }),
  };
}
