/** One comparison in a condition of AGT's; `path` leads to a field of the context. */
export type ConditionTest =
  | { readonly op: "truthy"; readonly path: string }
  | { readonly op: "==" | "!="; readonly path: string; readonly value: string | number }
  | { readonly op: "=="; readonly path: string; readonly value: boolean }
  | { readonly op: ">" | ">=" | "<" | "<="; readonly path: string; readonly value: number }
  | { readonly op: "in" | "not in"; readonly path: string; readonly values: readonly string[] };

/** Why a text is no comparison, and what to write in its place where that is known. */
export interface ConditionFlaw {
  readonly flaw: string;
}

const leadingPath = /^([A-Za-z_]\w*(?:\.\w+)*)(.*)$/s;
const membership = /^\s+(not\s+in|in)\s+\[([^\]]*)\]$/s;
const comparison = /^\s*(==|!=|>=|<=|>|<)\s*(\S.*)$/s;
const textLiteral = /^(?:'([^'"]*)'|"([^'"]*)")$/;
const numberLiteral = /^\d+(?:\.\d+)?$/;
const notPaths: ReadonlySet<string> = new Set(["true", "false", "null", "None", "not", "in", "and", "or"]);

/**
 * Reads one comparison as AGT 4.0.0 does. Whatever AGT cannot read it takes for false without a word; here that
 * is a flaw, and so is what AGT reads as something else than it says.
 */
export function readTest(text: string): ConditionTest | ConditionFlaw {
  const source = text.trim();
  if (source === "") return { flaw: "there is nothing beside an `and` or `or`" };
  const [, path = "", rest = ""] = leadingPath.exec(source) ?? [];
  if (path === "") return { flaw: whyUnread(source) };
  if (notPaths.has(path))
    return { flaw: notPaths.has(rest.trim()) ? whyUnread(source) : misread(path, source) };
  if (rest === "") return { op: "truthy", path };
  const [, kind, items] = membership.exec(rest) ?? [];
  if (items !== undefined) return readMembership(kind === "in" ? "in" : "not in", path, items);
  const [, op, literal] = comparison.exec(rest) ?? [];
  return op === undefined || literal === undefined
    ? { flaw: whyUnread(source) }
    : readComparison(op as Operator, path, literal, source);
}

type Operator = "==" | "!=" | ">" | ">=" | "<" | "<=";

function readComparison(
  op: Operator,
  path: string,
  literal: string,
  source: string,
): ConditionTest | ConditionFlaw {
  const [matched, single, double] = textLiteral.exec(literal) ?? [];
  const isEquality = op === "==" || op === "!=";
  if (matched !== undefined && isEquality) return { op, path, value: single ?? double ?? "" };
  if (numberLiteral.test(literal)) return { op, path, value: Number(literal) };
  if (literal === "true" || literal === "false") {
    if (op === "==") return { op, path, value: literal === "true" };
    return {
      flaw: `only == takes true and false: write ${path} == ${literal === "true" ? "false" : "true"}`,
    };
  }
  if (matched !== undefined) return { flaw: `${op} compares numbers only, and ${literal} is text` };
  return { flaw: whyUnread(source) };
}

function readMembership(op: "in" | "not in", path: string, list: string): ConditionTest | ConditionFlaw {
  const items = list.split(",").map((item) => item.trim());
  if (items.length === 1 && items[0] === "") return { flaw: "the list is empty" };
  const values: string[] = [];
  for (const item of items) {
    const [matched, single, double] = textLiteral.exec(item) ?? [];
    if (matched !== undefined) values.push(single ?? double ?? "");
    else if (/^\w+$/.test(item) || numberLiteral.test(item)) values.push(item);
    // A comma inside of quotes ends an item all the same.
    else
      return {
        flaw: `${item === "" ? "an empty item" : item} is no item of a list: use texts without commas`,
      };
  }
  if (values.includes("")) return { flaw: "an empty text is left out of lists: compare with == ''" };
  return { op, path, values };
}

function misread(word: string, source: string): string {
  if (word !== "not") return `\`${word}\` is read as the name of a field`;
  const [, path] = /^not\s+([A-Za-z_]\w*(?:\.\w+)*)$/.exec(source) ?? [];
  return `there is no \`not\`: write ${path ?? "<field>"} == false`;
}

/** The first thing in a text that AGT has no notion of. */
function whyUnread(source: string): string {
  if (source.startsWith("(") || source.endsWith(")")) return "parentheses are not read: write it without";
  if (/^not\b/.test(source)) return misread("not", source);
  if (/\s(AND|OR)\s/.test(source) || /&&|\|\|/.test(source)) {
    return "only `and` and `or` in lower case, each between single spaces, join comparisons";
  }
  if (/[=<>]\s*-/.test(source)) return "numbers below 0 are not read";
  if (/[=<>]\s*[\d.]*\.?\d*e[+-]?\d/i.test(source) || /[=<>]\s*\.\d/.test(source)) {
    return "numbers are read as digits with a decimal point only";
  }
  if (/[=!]=\s*(null|None|undefined)$/.test(source)) return "there is no null";
  const [, word] = /^[A-Za-z_][\w.]*\s+([A-Za-z]\w*)\s/.exec(source) ?? [];
  if (word !== undefined && word !== "in") return `there is no operator \`${word}\``;
  if (/\bin\s*\[/.test(source)) return "a list is written as `field in ['a', 'b']`, with spaces around `in`";
  if (/['"].*['"].*['"]/s.test(source) || /['"][^'"]*$/.test(source))
    return "texts hold no quotes, and end as they begin";
  if (/[=<>]/.test(source)) return "a field is compared with a text in quotes or a number";
  return "it is neither a field nor a comparison";
}
