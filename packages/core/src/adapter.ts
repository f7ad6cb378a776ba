// For writers of adapters: what a framework package needs beyond the root's exports.
export { changedParams } from "./gate/changed-params.ts";
export { decideFor } from "./gate/gate-budget.ts";
export { guardOpen } from "./gate/guard-open.ts";
export { type GuardStreamOptions, guardStream } from "./gate/guard-stream.ts";
export { denialPayload, toRefusal } from "./gate/refusal.ts";
export { resolveRun } from "./gate/resolve-run.ts";
export { isUnbilledError } from "./gate/unbilled-error.ts";
