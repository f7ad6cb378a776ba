export type { ToolAction } from "@tollgate/core/adapter";
export type { GateModelOptions } from "./enforce-call.ts";
export { type GateCallback, type GateCallbackOptions, gateCallback } from "./gate-callback.ts";
export { type GateEmbeddingsOptions, gateEmbeddings } from "./gate-embeddings.ts";
export { gateModel } from "./gate-model.ts";
export { type GateStreamOptions, gateStream } from "./gate-stream.ts";
export { type GateToolOptions, gateTool } from "./gate-tool.ts";
export type { GatedModel } from "./gated-model.ts";
export { stopOnRefusal } from "./to-denial.ts";
