import { patchFields } from "../action/action.ts";
import { isCount } from "../codec/count.ts";
import { isPlainObject } from "../codec/plain-object.ts";

const common = ["decision", "rule", "reason"] as const;

/** The members that a verdict may have, by its decision; any other is a mistake that must not pass. */
const members: Readonly<Record<string, ReadonlySet<string>>> = {
  allow: new Set(common),
  degrade: new Set([...common, "patch"]),
  skip: new Set([...common, "result"]),
  require_approval: new Set([...common, "approver", "ttlMs"]),
  deny: new Set([...common, "terminal"]),
};

/**
 * What is wrong with a verdict, or null when it is one.
 *
 * Checked because an evaluator may be anybody's code: a misspelt decision must deny, not pass. Members
 * given as undefined count as absent.
 */
export function verdictFlaw(verdict: unknown): string | null {
  if (typeof verdict !== "object" || verdict === null) return "the verdict is not an object";
  const given = verdict as Readonly<Record<string, unknown>>;
  const { decision, rule, reason } = given;
  const known =
    typeof decision === "string" && Object.hasOwn(members, decision) ? members[decision] : undefined;
  if (known === undefined) return `"${String(decision)}" is not a decision`;
  for (const member in given) {
    if (!known.has(member)) return `a verdict to ${decision} has no member "${member}"`;
  }
  if (rule !== undefined && !isText(rule)) return "the rule is not text";
  if (!isText(reason) && !(decision === "allow" && reason === undefined)) return "the reason is missing";
  switch (decision) {
    case "degrade":
      return patchFlaw(given.patch);
    case "skip":
      return isJsonType(given.result) ? null : "the result is not JSON";
    case "require_approval":
      if (given.approver !== undefined && !isText(given.approver)) return "the approver is not text";
      return given.ttlMs === undefined || isPositive(given.ttlMs)
        ? null
        : "ttlMs is not a count of milliseconds";
    case "deny":
      return given.terminal === undefined || typeof given.terminal === "boolean"
        ? null
        : "terminal is neither true nor false";
    default:
      return null;
  }
}

/** What is wrong with a patch, or null; one that changes nothing is wrong, as it would let a degrade pass. */
function patchFlaw(patch: unknown): string | null {
  if (!isPlainObject(patch)) return "the patch is not a plain object";
  let changes = 0;
  for (const member in patch) {
    if (!(patchFields as readonly string[]).includes(member)) return `a patch has no member "${member}"`;
    if (patch[member] !== undefined) changes++;
  }
  const { model, provider, params, maxOutputTokens } = patch;
  if (changes === 0) return "the patch changes nothing";
  if (model !== undefined && !isText(model)) return "the patch's model is not text";
  if (provider !== undefined && !isText(provider)) return "the patch's provider is not text";
  if (params !== undefined && !isPlainObject(params)) return "the patch's params are not a plain object";
  if (maxOutputTokens !== undefined && !isPositive(maxOutputTokens)) {
    return "the patch's maxOutputTokens is not a count";
  }
  return null;
}

/** Lone surrogates are no text: a receipt could not hold them. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}

function isPositive(value: unknown): boolean {
  return isCount(value) && value > 0;
}

function isJsonType(value: unknown): boolean {
  return typeof value !== "function" && typeof value !== "symbol" && typeof value !== "bigint";
}
