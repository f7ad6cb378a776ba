export type { GateModelOptions } from "./enforce-call.ts";
export { type GateCallback, type GateCallbackOptions, gateCallback } from "./gate-callback.ts";
export { gateModel } from "./gate-model.ts";
export { GatedModel } from "./gated-model.ts";
export { stopOnRefusal } from "./to-denial.ts";
