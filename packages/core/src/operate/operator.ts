import type { Balance } from "../action/balance.ts";
import type { Clock } from "../clock.ts";
import type { Ledger, Reservation } from "../ledger/ledger.ts";
import type { Adjustment, LedgerAdmin } from "../ledger/ledger-admin.ts";
import type { ApprovalStore } from "../oversight/approval-store.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { SharedStops } from "../oversight/shared-stops.ts";
import type { AdjustmentBody, ApprovalBody, Receipt, SettlementBody, StopBody } from "../receipt/receipt.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";

/** What an {@link Operator} works on. */
export interface OperatorOptions {
  readonly ledger: LedgerAdmin & Ledger;
  /** The log that the gates of this ledger write to. */
  readonly log: ReceiptLog;
  /** The approvals that the gates share; only for {@link Operator.answer}. */
  readonly approvals?: ApprovalStore;
  /** The stops that the gates share; only for {@link Operator.stop} and {@link Operator.lift}. */
  readonly stops?: SharedStops;
  /** Whose key the operator's chain is under; whoever verifies the log has to trust it. */
  readonly signer: Signer;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** What to change of what was spent. */
export interface AdjustmentRequest extends Omit<Adjustment, "id"> {
  /**
   * Unique for ever; to ask again with it, as after a failure, changes nothing more.
   *
   * @default a new one
   */
  readonly id?: string;
}

/** An adjustment that the ledger has, and a receipt tells of. */
export interface Adjusted {
  /** As it is then; where the adjustment was there before, as it is now. */
  readonly balance: Balance;
  readonly receipt: Receipt<AdjustmentBody>;
}

/** What to give back of what is held. */
export interface ReleaseRequest {
  /** The reservation's id. */
  readonly reservation: string;
  /** Who gives it back. */
  readonly by: string;
  readonly reason: string;
}

/** A reservation that was given back by hand. */
export interface Released {
  readonly reservation: Reservation;
  readonly receipt: Receipt<SettlementBody>;
}

/** What somebody says to a request for approval. */
export interface AnswerRequest {
  /** The approval's id. */
  readonly approval: string;
  readonly status: "granted" | "denied";
  /** Who says so. */
  readonly by: string;
  readonly reason: string;
}

/** A request that was answered by hand. */
export interface Answered {
  readonly approval: Approval;
  readonly receipt: Receipt<ApprovalBody>;
}

/** What to stop, who says so, and why. */
export interface StopRequest {
  /** The id of a run; else an agent. */
  readonly run?: string | undefined;
  /** An agent's name, as the subjects of its runs have it. */
  readonly agent?: string | undefined;
  /** The tenant that the agent is stopped in. @default in all of them */
  readonly tenant?: string | undefined;
  readonly by: string;
  readonly reason: string;
}

/** What is stopped now. */
export interface Stopped {
  /** Null when it was stopped before. */
  readonly receipt: Receipt<StopBody> | null;
}

/** Whose stop to lift, who says so, and why. */
export interface LiftRequest {
  readonly agent: string;
  /** As it was stopped: a stop in all tenants is lifted without one. */
  readonly tenant?: string | undefined;
  readonly by: string;
  readonly reason: string;
}

/**
 * Does by hand what no gate does, and writes a receipt of it.
 *
 * Its receipts are a chain of its own, which is begun with the first of them. The ledger comes first and the receipt
 * after it: what cannot be written then is written before anything else the next time. Where a process dies in
 * between, whoever operates next on the same ledger and log writes the receipt of the adjustment: before each
 * change the 50 newest adjustments are held against the operators' chains in the log. So two operators at once may
 * both write the receipt of one adjustment, which counts once.
 *
 * All methods reject with StorageFailed where the ledger or the log fails or refuses, and with InvalidConfig for
 * what makes no sense; operations are done one after another.
 */
export interface Operator {
  /** Changes what was spent; see {@link LedgerAdmin}. */
  adjust(request: AdjustmentRequest): Promise<Adjusted>;
  /**
   * Gives back what an open reservation holds: a call that is still under way settles without effect.
   *
   * Refused are leases, which are no decision's; and reservations whose decision is not in the log, for a receipt of
   * their end would belong to nothing: they expire by themselves.
   *
   * A receipt that nobody has written, as this process died or the ledger's answer was lost, is written by a gate
   * minutes later where ledger and log share a store, and by nobody else: whoever operates next does not.
   */
  release(request: ReleaseRequest): Promise<Released>;
  /**
   * Answers a request for approval that is pending and has not run out.
   *
   * The store comes first, so that of several who answer one is taken. The receipt of a process that died before it had
   * written it is written by whoever asks the store minutes later: before each answer those that are missed, and of what
   * has run out.
   */
  answer(request: AnswerRequest): Promise<Answered>;
  /**
   * Stops a run or an agent, and resolves once every gate that shares the stops denies its next action.
   *
   * The store comes first; a process that dies before it has written the receipt leaves none.
   */
  stop(request: StopRequest): Promise<Stopped>;
  /**
   * Lifts the stop of an agent: its actions are decided again, within a second everywhere. Runs stay stopped.
   *
   * The receipt comes first, so that there is one of whatever was lifted. Rejects with StorageFailed where the agent is
   * not stopped so.
   */
  lift(request: LiftRequest): Promise<Receipt<StopBody>>;
  /** Ends the chain if it was begun; ledger and log stay open. */
  close(): Promise<void>;
}
