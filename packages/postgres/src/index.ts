export type {
  Adjustment,
  AdjustmentQuery,
  KeptAdjustment,
  KeptReservation,
  LedgerAdmin,
  ReservationQuery,
} from "@tollgate/core/driver";
export { type DroppedReceipts, dropReceipts } from "./drop-receipts.ts";
export { type ForgetOptions, type Forgotten, forget } from "./forget.ts";
export { migrate } from "./migrate.ts";
export type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";
export { type PostgresApprovalsOptions, postgresApprovals } from "./postgres-approvals.ts";
export { type PostgresLedger, type PostgresLedgerOptions, postgresLedger } from "./postgres-ledger.ts";
export { type PostgresLog, type PostgresLogOptions, postgresLog } from "./postgres-log.ts";
export { type PostgresReplaysOptions, postgresReplays } from "./postgres-replays.ts";
export { type PostgresStopsOptions, postgresStops } from "./postgres-stops.ts";
