import type { ASTNode } from "@marcbachmann/cel-js";
import { budgetOf } from "./check-names.ts";
import { dollarsOf } from "./dollars.ts";
import { formOf } from "./form-of.ts";
import { type Field, fieldOf } from "./vocabulary.ts";

/** A value that stands in an expression. */
export type Literal = string | bigint | number | boolean;

/** One thing that is asked of one value; `path` is the text of what has the value. */
export interface Atom {
  readonly path: string;
  readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";
  readonly values: readonly Literal[];
  /** What is known of the value's range. */
  readonly field: Field | null;
  /** What asks it, and whether what is asked here is the opposite of what it says. */
  readonly node: ASTNode;
  readonly isNegated: boolean;
}

/** A condition as alternatives, each of which is true when all of its atoms are. */
export type Alternatives = readonly (readonly Atom[])[];

/** Above this many alternatives nothing is told of a condition: it can only be found out by trying. */
const mostAlternatives = 64;

/** The alternatives of a condition, or of its opposite; null when there are too many of them. */
export function alternativesOf(node: ASTNode, isNegated = false): Alternatives | null {
  switch (node.op) {
    case "!_":
      return alternativesOf(node.args, !isNegated);
    case "&&":
    case "||": {
      const [left, right] = [
        alternativesOf(node.args[0], isNegated),
        alternativesOf(node.args[1], isNegated),
      ];
      if (left === null || right === null) return null;
      const isEither = (node.op === "||") !== isNegated;
      const all = isEither
        ? [...left, ...right]
        : left.flatMap((first) => right.map((second) => [...first, ...second]));
      return all.length > mostAlternatives ? null : all;
    }
    default:
      return [[atomOf(node, isNegated)]];
  }
}

const opposite = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
  in: "not in",
} as const;
const mirrored = { "==": "==", "!=": "!=", "<": ">", ">=": "<=", ">": "<", "<=": ">=" } as const;

function atomOf(node: ASTNode, isNegated: boolean): Atom {
  switch (node.op) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = node.args;
      const [a, b] = [literalOf(left), literalOf(right)];
      if ((a === null) === (b === null)) break;
      const op = a === null ? node.op : mirrored[node.op];
      const of = a === null ? left : right;
      return asked(of, isNegated ? opposite[op] : op, [(a ?? b) as Literal], node, isNegated);
    }
    case "in": {
      const [left, list] = node.args;
      if (list.op !== "list") break;
      const values = list.args.map(literalOf);
      if (values.includes(null)) break;
      return asked(left, isNegated ? "not in" : "in", values as Literal[], node, isNegated);
    }
    default:
  }
  const constant = literalOf(node);
  if (typeof constant === "boolean") {
    return { path: "true", op: "==", values: [constant !== isNegated], field: null, node, isNegated };
  }
  return asked(node, "==", [!isNegated], node, isNegated);
}

function asked(
  of: ASTNode,
  op: Atom["op"],
  values: readonly Literal[],
  node: ASTNode,
  isNegated: boolean,
): Atom {
  return { path: formOf(of), op, values, field: fieldAt(of), node, isNegated };
}

/** What is known of the field that a tree is, if it is one. */
export function fieldAt(node: ASTNode): Field | null {
  if (node.op !== ".") return null;
  const [of, name] = node.args;
  if (of.op === "id") return fieldOf(of.args, name);
  return null;
}

/** The budget whose money a tree is, such as `budget["daily"].left`; null when it is none. */
export function budgetAmountAt(node: ASTNode): string | null {
  if (node.op !== "." || node.args[1] === "ratio") return null;
  return budgetOf(node.args[0], []);
}

/** The value of a literal, also below 0 and of `usd("...")`; null for everything else, `null` too. */
export function literalOf(node: ASTNode): Literal | null {
  if (node.op === "value") {
    const value = node.args;
    return typeof value === "object" ? null : value;
  }
  if (node.op === "-_") {
    const value = literalOf(node.args);
    return typeof value === "bigint" || typeof value === "number" ? -value : null;
  }
  if (node.op === "call" && node.args[0] === "usd") {
    const [amount] = node.args[1];
    return amount?.op === "value" && typeof amount.args === "string" ? dollarsOf(amount.args) : null;
  }
  return null;
}
