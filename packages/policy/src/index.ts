export type { Expectation, PolicyCase } from "./cases/policy-case.ts";
export { readCases } from "./cases/read-cases.ts";
export { type CaseResult, explainCase, type PolicyTest, testPolicy } from "./cases/test-policy.ts";
export { type ChangedDecision, diffPolicy, type PolicyDiff } from "./diff/diff-policy.ts";
export { InvalidPolicy, type PolicyProblem, problemText } from "./document/problem.ts";
export {
  type Explanation,
  lintPolicy,
  loadPolicy,
  type Policy,
  type PolicyOptions,
  type WatchOptions,
} from "./policy.ts";
export type { AskedRule } from "./rules/decide-rules.ts";
