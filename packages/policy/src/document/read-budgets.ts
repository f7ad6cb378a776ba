import { type BudgetInput, InvalidConfig } from "@tollgate/core";
import { type Budget, parseBudgets } from "@tollgate/core/policy";
import { isMap, type Node } from "yaml";
import { type Members, plainOf, readItems, readMap, report } from "./read-nodes.ts";
import { readPatch } from "./read-then.ts";
import type { Secrets } from "./secrets.ts";
import type { Source } from "./source.ts";

const members = ["id", "limit", "per", "timeZone", "by", "match", "then", "degrade", "soft"];
const softMembers = ["limit", "then", "degrade"];

/** A budget as a policy has it, and as the gate gets it. */
export interface PolicyBudget {
  readonly input: BudgetInput;
  readonly budget: Budget;
  readonly node: Node;
  readonly source: Source;
}

/**
 * Reads the budgets of one file; those that make no sense are reported and left out.
 *
 * A budget with `soft` is two: the hard one, and one of the same sort with the soft limit, `<id>.soft`.
 */
export function readBudgets(source: Source, node: Node | null, secrets: Secrets): readonly PolicyBudget[] {
  return (readItems(source, node, "budgets") ?? []).flatMap((item) => {
    const budget = readMap(source, item, "a budget", members);
    if (budget === null) return [];
    const { soft: softPlain, ...plain } = plainOf(item) as Record<string, unknown>;
    const hard = parse(source, item, budget, withSecrets(source, budget, plain, secrets));
    if (!budget.has("soft")) return hard === null ? [] : [hard];
    const softNode = budget.get("soft")?.node ?? null;
    const soft = readMap(source, softNode, "soft", softMembers);
    if (soft === null) return [];
    const { then: _then, degrade: _degrade, ...shared } = plain;
    const merged = {
      then: "require_approval",
      ...shared,
      ...(softPlain as object),
      id: `${String(plain.id)}.soft`,
    };
    if (!soft.has("then")) {
      report(
        source,
        softNode,
        "soft says what happens there: then is one of degrade, skip, require_approval",
      );
      return [];
    }
    if (!["degrade", "skip", "require_approval"].includes(String((softPlain as { then: unknown }).then))) {
      report(source, soft.get("then")?.node, "a soft limit answers degrade, skip or require_approval");
      return [];
    }
    if (hard === null) return [];
    const parsed = parse(source, softNode as Node, soft, withSecrets(source, soft, merged, secrets));
    if (parsed === null) return [];
    if (parsed.budget.unit !== hard.budget.unit || parsed.budget.limit >= hard.budget.limit) {
      report(
        source,
        soft.get("limit")?.node ?? softNode,
        "a soft limit is of the same unit, and below the limit",
      );
      return [];
    }
    // The soft one is asked first: what it changes may still fit the hard one.
    return [parsed, hard];
  });
}

function withSecrets(
  source: Source,
  budget: Members,
  plain: Record<string, unknown>,
  secrets: Secrets,
): Record<string, unknown> {
  const degrade = budget.get("degrade")?.node ?? null;
  if (!isMap(degrade)) return plain;
  const patch = readPatch(source, degrade, secrets);
  return patch === null ? plain : { ...plain, degrade: patch };
}

/** Has core check it; each mistake is taken out until there is none, so that all of them are told. */
function parse(
  source: Source,
  item: Node,
  budget: Members,
  plain: Record<string, unknown>,
): PolicyBudget | null {
  const left = { ...plain };
  let isGood = true;
  for (let tries = 0; tries <= members.length; tries++) {
    try {
      checkBudget(left);
      const [parsed] = parseBudgets([left]);
      if (parsed === undefined || !isGood) return null;
      return { input: left, budget: parsed, node: item, source };
    } catch (error) {
      if (!(error instanceof InvalidConfig)) throw error;
      isGood = false;
      const path = error.field.replace(/^budgets\[0\]\.?/, "");
      const name = /^[A-Za-z]+/.exec(path)?.[0] ?? "";
      const message = error.message.slice(error.field.length + 2);
      report(source, nodeAt(budget, path) ?? item, `${path}: ${message}`);
      if (name === "id") left.id = "unnamed";
      else if (name === "limit") left.limit = "1 calls";
      else if (name === "then") {
        delete left.then;
        delete left.degrade;
      } else if (name in left) delete left[name];
      else return null;
    }
  }
  return null;
}

/** @throws InvalidConfig for what is no budget. */
function checkBudget(input: unknown): asserts input is BudgetInput {
  parseBudgets([input]);
}

/** The node that a path such as `match.name[1]` leads to, as far as it goes. */
function nodeAt(budget: Members, path: string): Node | null {
  const steps = path.match(/[A-Za-z_]+|\d+/g) ?? [];
  let node: Node | null = budget.get(steps[0] ?? "")?.node ?? null;
  for (const step of steps.slice(1)) {
    const inner = node as { get?: (key: unknown, keepScalar: boolean) => unknown } | null;
    const next = inner?.get?.(/^\d+$/.test(step) ? Number(step) : step, true) as Node | undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}
