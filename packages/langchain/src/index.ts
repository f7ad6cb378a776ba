export { type GateCallback, type GateCallbackOptions, gateCallback } from "./gate-callback.ts";
export { stopOnRefusal } from "./to-denial.ts";
