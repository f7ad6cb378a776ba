import type { AuditLogger, PolicyEngine } from "@microsoft/agent-governance-sdk";

/** What is used of AGT's `PolicyEngine`. */
export type AgtEngine = Pick<
  PolicyEngine,
  | "evaluate"
  | "evaluatePolicy"
  | "evaluatePolicyWithBackends"
  | "evaluateWithBackends"
  | "getPolicy"
  | "getRules"
  | "listBackends"
  | "listPolicies"
>;

/** What is used of AGT's `AuditLogger`. */
export type AgtAuditLog = Pick<AuditLogger, "log">;
