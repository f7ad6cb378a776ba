export type { ToolAction } from "@tollgate/core/adapter";
export type { CallBounds } from "./call-bounds.ts";
export { toErrorMessage } from "./error-message.ts";
export { gateEmbeddingModel } from "./gate-embedding-model.ts";
export { type GateImageModelOptions, gateImageModel } from "./gate-image-model.ts";
export { type AnyLanguageModel, type GateModelOptions, gateModel } from "./gate-model.ts";
export { type GateProviderOptions, gateProvider } from "./gate-provider.ts";
export { type GateToolApprovalOptions, gateToolApproval } from "./gate-tool-approval.ts";
export { type GateToolsOptions, gateTools } from "./gate-tools.ts";
