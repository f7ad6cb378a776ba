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
