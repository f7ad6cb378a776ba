/** Evaluators to build a policy of; a gate takes them as `evaluators`, and needs none of them. */
export { type CapabilityTiersOptions, capabilityTiers } from "./evaluate/capability-tiers.ts";
export { composite } from "./evaluate/composite.ts";
export { type EvaluatorOptions, evaluator } from "./evaluate/custom.ts";
export { allowModels, denyModels } from "./evaluate/model-lists.ts";
export type { NameListOptions } from "./evaluate/name-list.ts";
export { type RoleToolsOptions, roleTools } from "./evaluate/role-tools.ts";
export { allowTools, denyTools } from "./evaluate/tool-lists.ts";
