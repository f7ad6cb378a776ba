import type { PolicyRule } from "@microsoft/agent-governance-sdk";
import type { FieldValues } from "./field-values.ts";
import { derived, foldText, type StrictTest, strictTest } from "./strict-test.ts";

/** A flat rule as calls are held against it. */
export interface FlatRule {
  readonly where: string;
  /** A whole name, or what comes before `.*`; null for every action. */
  readonly stem: string | null;
  readonly foldedStem: string;
  readonly isWhole: boolean;
  readonly tests: readonly { readonly path: string; readonly holds: StrictTest }[];
}

/** Reads flat rules as AGT does; what makes no sense in them is lint's to find. */
export function readFlatRules(rules: readonly PolicyRule[]): readonly FlatRule[] {
  return rules.map((rule, index) => {
    const { action = "", condition, conditions } = rule ?? {};
    const pattern = String(action);
    const isWhole = !pattern.endsWith(".*");
    const stem = isWhole ? pattern : pattern.slice(0, -2);
    return {
      where: `rule number ${index + 1} ("${pattern}")`,
      stem: pattern === "*" ? null : stem,
      foldedStem: foldText(stem),
      isWhole,
      tests: Object.entries(Object(condition ?? conditions)).map(([path, value]) => ({
        path,
        holds: isComparable(value) ? strictTest({ op: "==", path, value } as never) : () => false,
      })),
    };
  });
}

/**
 * Why the flat rule that decides is another one if a name or a value is taken for what it nearly is; null where it
 * is not. AGT compares them as they are written: a deny of `rm` lets `RM` through to the next rule.
 */
export function flatDoubt(rules: readonly FlatRule[], action: string, fields: FieldValues): string | null {
  const folded = rules.length === 0 ? "" : foldText(action);
  for (const rule of rules) {
    const holding = holdingOf(rule, action, folded, fields);
    // The first that holds decides.
    if (holding === true) return null;
    if (holding !== false) return `${rule.where}: ${holding}`;
  }
  return null;
}

function holdingOf(
  { stem, foldedStem, isWhole, tests }: FlatRule,
  action: string,
  folded: string,
  fields: FieldValues,
): boolean | string {
  let doubt: string | null = null;
  if (stem !== null && !matches(stem, isWhole, action)) {
    if (!matches(foldedStem, isWhole, folded)) return false;
    doubt = `the action is '${stem}' but for case, width or spaces`;
  }
  for (const { path, holds } of tests) {
    const field = fields.at(path);
    // What AGT adds by itself is an object, which equals nothing.
    const holding = field.value === derived ? false : holds(field.value, field.folded);
    if (holding === false) return false;
    if (holding !== true) doubt ??= holding;
  }
  return doubt ?? true;
}

function matches(stem: string, isWhole: boolean, action: string): boolean {
  return action === stem || (!isWhole && action.startsWith(`${stem}.`));
}

function isComparable(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
