export type { AgentStanding } from "./agent-standing.ts";
export type { AgtAuditLog, AgtEngine } from "./agt-engine.ts";
export { agtEvaluator } from "./agt-evaluator.ts";
export type { AgtEvaluatorOptions } from "./agt-options.ts";
export { type AuditedAction, auditAction } from "./audit-action.ts";
export { type CedarOnLoopback, cedarOnLoopback } from "./cedar-on-loopback.ts";
export { type AgtCondition, parseAgtCondition } from "./condition.ts";
export type { ConditionFlaw, ConditionTest } from "./condition-test.ts";
export { type AgtImport, importAgtPolicy } from "./import-policy.ts";
export { type AgtLintOptions, lintAgtEngine, lintAgtPolicy } from "./lint.ts";
export type { AgtFinding } from "./lint-rich.ts";
export {
  type AgtEntry,
  type Joined,
  type ReconcileOptions,
  type Reconciliation,
  reconcile,
} from "./reconcile.ts";
