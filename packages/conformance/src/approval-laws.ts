import { approvalExamples } from "./approval-examples.ts";
import { approvalHistoryLaws } from "./approval-history.ts";
import type { ApprovalLaw, MakeApprovalPlace } from "./approvals-under-test.ts";

export type { ApprovalLaw, ApprovalPlace, MakeApprovalPlace } from "./approvals-under-test.ts";

/** How hard to try. */
export interface ApprovalLawOptions {
  /** How many histories the law over histories is tried on. @default 100 */
  readonly runs?: number;
}

/**
 * The rules of core's `ApprovalStore` interface, as examples and as a property over random histories of gates.
 *
 * Register each with the test runner: `for (const { rule, check } of approvalLaws(make)) it(rule, check)`.
 */
export function approvalLaws(
  make: MakeApprovalPlace,
  options: ApprovalLawOptions = {},
): readonly ApprovalLaw[] {
  return [...approvalExamples(make), ...approvalHistoryLaws(make, options.runs ?? 100)];
}
