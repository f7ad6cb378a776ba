export {
  type GateGuardrails,
  type GateGuardrailsOptions,
  type GateOutputGuardrail,
  gateGuardrails,
} from "./gate-guardrails.ts";
export { type GateMcpServerOptions, gateMcpServer } from "./gate-mcp-server.ts";
export { type GateModelOptions, gateModel } from "./gate-model.ts";
export { type GateModelProviderOptions, gateModelProvider } from "./gate-model-provider.ts";
export {
  type ApprovalOptions,
  type GatableTool,
  type GateToolOptions,
  type GateToolsOptions,
  gateTool,
  gateTools,
} from "./gate-tool.ts";
export type { DescribedToolAction } from "./gated-tool.ts";
