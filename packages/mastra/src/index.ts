export type { AnyLanguageModel } from "./any-language-model.ts";
export { type AgentModel, type GateAgentConfig, type GateAgentOptions, gateAgent } from "./gate-agent.ts";
export { type GateGatewayOptions, gateGateway } from "./gate-gateway.ts";
export { type GateModelOptions, gateModel } from "./gate-model.ts";
export { type GateProcessor, gateProcessor } from "./gate-processor.ts";
export { type GateToolOptions, gateTool } from "./gate-tool.ts";
export { gateToolHooks } from "./gate-tool-hooks.ts";
export {
  type ApprovalAnswer,
  type ApprovalOptions,
  type ApprovalRequest,
  answerApproval,
} from "./tool-approval.ts";
export type { GateToolHooksOptions } from "./tool-calls.ts";
