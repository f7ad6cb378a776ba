import { serialize } from "@marcbachmann/cel-js";
import { type Atom, alternativesOf, fieldAt, type Literal } from "./condition.ts";
import { contradictionsOf } from "./contradiction.ts";
import type { Field } from "./vocabulary.ts";

/** How much of one comparison is quoted. */
const mostQuoted = 150;

/** Why atoms are never true at once, and what would be right. */
export function neverText(atoms: readonly Atom[]): string {
  const texts = atoms.map((atom) => quote(atom, false));
  const [first] = atoms as readonly [Atom, ...Atom[]];
  if (atoms.length === 1) return `${texts[0]} is never true${aloneText(first)}`;
  const values = atoms.flatMap((atom) => atom.values);
  const areListed = atoms.every(({ op }) => op === "==" || op === "in");
  const of = valueText(first);
  if (new Set(values.map(sortOf)).size > 1 && of !== null) {
    const sorts = [...new Set(values.map(sortOf))].join(" and ");
    return `${joined(texts)} are never true at once: ${of} is compared with ${sorts}; write values of one type, such as ${literalText(values[0] as Literal)}`;
  }
  if (areListed && of !== null && !values.every((value) => typeof value === "boolean")) {
    const list = [...new Set(values.map(literalText))].join(", ");
    return `${joined(texts)} are never true at once: it has one value; to match each of them write ${of} in [${list}]`;
  }
  // Nobody is told to write what would be refused for the opposite reason.
  if (areOpposite(atoms))
    return `${joined(texts)} are never true at once; take one of them out, or change a value`;
  return `${joined(texts)} are never true at once; write ${texts.join(" || ")} if each of them is enough, or change a value`;
}

/** Why one of atoms is always true, told of their opposites. */
export function alwaysText(atoms: readonly Atom[]): string {
  const texts = atoms.map((atom) => quote(atom, true));
  const [first] = atoms as readonly [Atom, ...Atom[]];
  if (atoms.length === 1) return `${texts[0]} is always true${aloneText(first)}`;
  if (areOpposite(atoms))
    return `one of ${joined(texts)} is always true; take one of them out, or change a value`;
  return `one of ${joined(texts)} is always true; write ${texts.join(" && ")} if all of them are meant`;
}

/** Whether one of the atoms' opposites, too, is always false: each is true whenever the others are not. */
function areOpposite(atoms: readonly Atom[]): boolean {
  const opposites = atoms.flatMap(({ node, isNegated }) => alternativesOf(node, !isNegated)?.[0] ?? []);
  return contradictionsOf([opposites]) !== null;
}

/** What is known of a value that alone decides; begins with what it goes on from. */
function aloneText(atom: Atom): string {
  const { path, op, values, field, node } = atom;
  if (path === "true") return "; write a comparison in its place, or take it out";
  if (values.length === 0) return ": the list is empty; write the values that are meant into it";
  const of = operandText(node);
  const range = rangeText(field);
  if (range !== null) return `: ${of} is ${range}; compare it with another number${exampleText(atom)}`;
  if (field?.values !== undefined) {
    return `: ${of} is one of ${field.values.join(", ")}; ask for ${op === "not in" ? "fewer" : "some"} of them`;
  }
  return "; compare it with another value";
}

/** A number for which the comparison is neither never nor always true. */
function exampleText({ op, field }: Atom): string {
  const { least, most } = field ?? {};
  const examples: Partial<Record<Atom["op"], number | undefined>> = {
    ">": most === undefined ? undefined : most - 1,
    ">=": most,
    "<": least === undefined ? undefined : least + 1,
    "<=": least,
    "==": most ?? least,
    in: most ?? least,
  };
  const example = examples[op];
  return example === undefined ? "" : `, such as ${example}`;
}

function rangeText(field: Field | null): string | null {
  if (field?.least === undefined) return null;
  return field.most === undefined ? `${field.least} or more` : `from ${field.least} to ${field.most}`;
}

/** What is compared, as text; null where the value itself is asked for. */
function valueText({ op, values, node }: Atom): string | null {
  return op === "==" && typeof values[0] === "boolean" && node.op !== "==" ? null : operandText(node);
}

/** The side of a comparison that is no value by itself: a known field, where there is one. */
function operandText({ op, args }: Atom["node"]): string {
  if (!Array.isArray(args) || !["==", "!=", "<", "<=", ">", ">=", "in"].includes(op)) return "it";
  const [left, right] = args as [Atom["node"], Atom["node"]];
  if (fieldAt(right) !== null) return serialize(right);
  return serialize(["value", "-_"].includes(left.op) ? right : left);
}

function quote({ node, isNegated }: Atom, isOpposite: boolean): string {
  const text = serialize(node);
  const quoted = text.length > mostQuoted ? `${text.slice(0, mostQuoted).toWellFormed()} ...` : text;
  if (isNegated === isOpposite) return quoted;
  return /^[\w.]+(\(.*\))?$/.test(text) && node.op !== "in" ? `!${quoted}` : `!(${quoted})`;
}

function joined(texts: readonly string[]): string {
  return `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

function sortOf(value: Literal): string {
  if (typeof value === "string") return "a text";
  return typeof value === "boolean" ? "a boolean" : "a number";
}

function literalText(value: Literal): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
