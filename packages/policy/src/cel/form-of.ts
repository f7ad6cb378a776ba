import type { ASTNode } from "@marcbachmann/cel-js";

/**
 * What an expression is, as text: two are the same when their forms are, and only then.
 *
 * The library's own text leaves out parentheses: it has one for `a - (b - c)` and `a - b - c`.
 */
export function formOf(node: ASTNode): string {
  return formOfPart(node);
}

function formOfPart(part: unknown): string {
  if (Array.isArray(part)) return part.map(formOfPart).join(" ");
  if (typeof part !== "object" || part === null || !("op" in part)) return JSON.stringify(part);
  const { op, args } = part as ASTNode;
  return op === "value" ? literalText(args) : `(${op} ${formOfPart(args)})`;
}

/** 5 and 5.0 are not divided alike. */
function literalText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" ? `${value}d` : String(value);
}
