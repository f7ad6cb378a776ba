// The entry for agents made by `createAgent`; it needs `langchain`, which the rest of this package does not.
export {
  type ApprovalAnswer,
  type ApprovalOptions,
  type ApprovalRequest,
  answerApproval,
} from "./ask-approval.ts";
export { type GateMiddlewareOptions, gateMiddleware } from "./gate-middleware.ts";
export { gateOutermost } from "./outermost.ts";
