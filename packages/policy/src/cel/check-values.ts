import { type ASTNode, serialize } from "@marcbachmann/cel-js";
import { nearestName } from "@tollgate/core/policy";
import { budgetAmountAt, fieldAt, literalOf } from "./condition.ts";
import type { Flaw } from "./flaw.ts";

/**
 * Finds comparisons that cannot be meant: with a text that the field never has, and of money with a bare number.
 *
 * `unitOf` tells the unit of a budget.
 */
export function checkValues(ast: ASTNode, unitOf: (budget: string) => string | undefined): readonly Flaw[] {
  const flaws: Flaw[] = [];
  walk(ast, (node) => {
    if (!["==", "!=", "<", "<=", ">", ">=", "in"].includes(node.op) || !Array.isArray(node.args)) return;
    const [left, right] = node.args as [ASTNode, ASTNode];
    const others = right.op === "list" ? right.args : [right];
    for (const [of, literal] of [...others.map((other) => [left, other] as const), [right, left] as const]) {
      const flaw = flawOfPair(of, literal, unitOf);
      if (flaw !== null) flaws.push({ offset: literal.range.start, message: flaw });
    }
  });
  return flaws;
}

function flawOfPair(
  of: ASTNode,
  literal: ASTNode,
  unitOf: (budget: string) => string | undefined,
): string | null {
  if (literal.op !== "value") return null;
  const value = literalOf(literal);
  const field = fieldAt(of);
  if (typeof value === "string" && field?.values !== undefined && !field.values.includes(value)) {
    const meant = nearestName(value, field.values);
    const hint = meant === null ? `there are ${field.values.join(", ")}` : `did you mean "${meant}"?`;
    return `${serialize(of)} is never "${value}"; ${hint}`;
  }
  if ((typeof value === "bigint" || typeof value === "number") && Number(value) !== 0) {
    const budget = budgetAmountAt(of);
    const isMoney = field?.money === true || (budget !== null && unitOf(budget) === "usd");
    if (isMoney) return `${serialize(of)} is money; write it as usd("$${value}")`;
  }
  return null;
}

function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  const inner = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(inner);
    else if (typeof part === "object" && part !== null && "op" in part) walk(part as ASTNode, visit);
  };
  inner(node.args);
}
