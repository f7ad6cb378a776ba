// For writers of ledgers and receipt logs: the checks that every store makes alike.

export { maxAmount } from "./action/amounts.ts";
export { readChoice, readObject, readTime, readWhole } from "./action/config-values.ts";
export { isAmount } from "./action/is-amount.ts";
export { systemClock } from "./clock.ts";
export { checkExpiry, checkRequest, findExceeded, type Standing } from "./ledger/check-amounts.ts";
export {
  isLease,
  type LeasedGrant,
  type LeasingLedger,
  leaseKeyPrefix,
  leaseKeysOf,
  type Recorded,
} from "./ledger/leasing.ts";
export type {
  Adjustment,
  AdjustmentQuery,
  KeptAdjustment,
  KeptReservation,
  LedgerAdmin,
  ReservationQuery,
} from "./ledger/ledger-admin.ts";
export { agentName, type Stops, stoppedName } from "./ledger/stops.ts";
export { ApprovalSteps } from "./oversight/approval-steps.ts";
export {
  type AnsweredApproval,
  type ApprovalStore,
  type ApprovalVerdict,
  findStanding,
} from "./oversight/approval-store.ts";
export { memoryApprovals } from "./oversight/memory-approval-store.ts";
export { missingSteps } from "./oversight/missing-steps.ts";
export {
  type SharedStops,
  type SharedStopsOptions,
  type Stop,
  type StopChange,
  type StopChanges,
  type StopStore,
  sharedStops,
} from "./oversight/shared-stops.ts";
export { headAfter, whyNotNext } from "./receipt/chain-head.ts";
export { receiptFilter } from "./receipt/receipt-filter.ts";
export { maxLineBytes } from "./receipt/receipt-lines.ts";
