export type { ToolAction } from "@tollgate/core/adapter";
export { type ApprovalRequest, type ApprovalResume, answerApproval } from "./approval-request.ts";
export type { ApprovalOptions } from "./ask-approval.ts";
export { budgetRetryOn } from "./budget-retry-on.ts";
export { type Caller, type CallerInput, caller } from "./caller.ts";
export { type GatedNode, type GateNodeOptions, gateNode, type RefusedEdge } from "./gate-node.ts";
export { type GateToolNodeOptions, gateToolNode, type NodeTools } from "./gate-tool-node.ts";
export type { CallAction, CallOptions } from "./gated-calls.ts";
export { type GatedTaskOptions, gatedTask } from "./gated-task.ts";
