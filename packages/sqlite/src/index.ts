export type {
  Adjustment,
  AdjustmentQuery,
  KeptAdjustment,
  KeptReservation,
  LedgerAdmin,
  ReservationQuery,
} from "@tollgate/core/driver";
export { type DroppedReceipts, dropReceipts } from "./drop-receipts.ts";
export type { SqliteFileOptions } from "./file-options.ts";
export type { SqliteRetention } from "./retention.ts";
export { type SqliteApprovalsOptions, sqliteApprovals } from "./sqlite-approvals.ts";
export type { SqliteFile } from "./sqlite-file.ts";
export { type SqliteLedger, type SqliteLedgerOptions, sqliteLedger } from "./sqlite-ledger.ts";
export { type SqliteLog, sqliteLog } from "./sqlite-log.ts";
export { type SqliteReplays, sqliteReplays } from "./sqlite-replays.ts";
export { type SqliteStopsOptions, sqliteStops } from "./sqlite-stops.ts";
export { sqliteFile } from "./use-file.ts";
