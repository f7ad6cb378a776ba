export type { Adjustment, KeptReservation, LedgerAdmin, ReservationQuery } from "./ledger-admin.ts";
export { migrate } from "./migrate.ts";
export type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";
export { type PostgresLedgerOptions, postgresLedger } from "./postgres-ledger.ts";
