import type { ApprovalStore, ReceiptLog } from "@tollgate/core";
import type { LeasingLedger, LedgerAdmin, SharedStops } from "@tollgate/core/driver";

/** A ledger, and the receipts, approvals and stops beside it, while they are open. */
export interface OpenStore {
  /** Its name for messages; holds no password. */
  readonly shown: string;
  readonly ledger: LeasingLedger & LedgerAdmin;
  readonly log: ReceiptLog;
  readonly approvals: ApprovalStore;
  readonly stops: SharedStops;
}

/** What is done with a store while it is open. */
export type StoreWork<Result> = (store: OpenStore) => Promise<Result>;
