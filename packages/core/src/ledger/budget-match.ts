import type { ActionKind } from "../action/action.ts";
import { namePattern } from "../action/name-pattern.ts";
import { type Subject, type SubjectField, subjectFields } from "../action/subject.ts";
import type { Budget } from "./budget.ts";

/** A budget's match and partition, taken apart once so that asking costs little. */
export interface BudgetMatcher {
  /** Whether the budget counts actions of this kind and name at all, whoever takes them. */
  countsAction(kind: ActionKind, name: string): boolean;
  /**
   * Whether the budget counts this subject's actions; else the field that it would need to tell (or to
   * name the partition), unless another field already says no.
   */
  countsSubject(subject: Subject): boolean | SubjectField;
}

/** Makes the matcher of one budget. */
export function createMatcher(budget: Budget): BudgetMatcher {
  const kinds = budget.match.kind === undefined ? null : new Set(budget.match.kind);
  const name = budget.match.name === undefined ? null : namePattern(budget.match.name, "match.name");
  const needs = subjectFields
    .map((field) => ({ field, values: budget.match[field] ?? null, needed: budget.by.includes(field) }))
    .filter(({ values, needed }) => values !== null || needed);
  return {
    countsAction: (actionKind, actionName) =>
      (kinds === null || kinds.has(actionKind)) && (name === null || name(actionName) !== null),
    countsSubject(subject) {
      let missing: SubjectField | null = null;
      for (const { field, values } of needs) {
        const value = subject[field];
        if (value === undefined) missing ??= field;
        else if (values !== null && !values.includes(value)) return false;
      }
      return missing ?? true;
    },
  };
}
