/** Deciding within slices of a shared ledger, without a round trip for each decision. */
export type { LeaseOptions } from "./lease/lease-options.ts";
export { type LeasedLedger, leased } from "./lease/leased.ts";
export type { LeasedGrant, LeasingLedger, Recorded } from "./ledger/leasing.ts";
