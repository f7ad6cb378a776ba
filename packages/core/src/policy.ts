// For writers of policies: what a gate makes of names, amounts, budgets, windows, prices and decisions.

export { actionKinds } from "./action/action.ts";
export { parseAmount } from "./action/amounts.ts";
export { type Capability, capabilities } from "./action/capability.ts";
export { checkPattern, type NamePattern, namePattern } from "./action/name-pattern.ts";
export { nearestName } from "./action/nearest-name.ts";
export { canonicalJson } from "./codec/canonical-json.ts";
export { digestOf } from "./codec/digest.ts";
export { isJudged } from "./gate/decision.ts";
export type { Budget } from "./ledger/budget.ts";
export { type LocalDates, localDates } from "./ledger/local-dates.ts";
export { parseBudgets } from "./ledger/parse-budgets.ts";
export { partitionOf } from "./ledger/partition.ts";
export { readTimeZone } from "./ledger/time-zone.ts";
export { createWindows, type Windows } from "./ledger/window.ts";
export { readPriceTable } from "./pricing/price-table.ts";
