import type { Action } from "../action/action.ts";
import type { Amounts } from "../action/amounts.ts";
import type { Usage, UsageSource } from "../action/usage.ts";
import type { Charge } from "../ledger/ledger.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { Decision } from "./decision.ts";
import type { Run } from "./run.ts";

/** What a call used, as far as its caller knows. */
export interface Used {
  /**
   * The provider's usage. Missing or all zero means unknown: then what was reserved is booked, as
   * `estimated`, never nothing.
   */
  readonly usage?: Usage | undefined;
  /** Exact amounts by unit; they win over what `usage` comes to. */
  readonly amounts?: Amounts | undefined;
  /** @default "reported" when `usage` is known or `amounts` are given, else "estimated" */
  readonly source?: UsageSource | undefined;
}

/** How a permit ended. */
export interface Settlement {
  readonly outcome: "settled" | "released" | "expired";
  /** What each budget was charged; empty unless settled. */
  readonly charges: readonly Charge[];
  readonly source?: UsageSource;
  /** True when it settled after it had expired: booked all the same. */
  readonly late: boolean;
  /** The signed record; null while the receipt log is failing (it is written before the next decision). */
  readonly receipt: Receipt | null;
}

/**
 * What an allowed caller holds: the action as enforced, and the means to end it.
 *
 * End it exactly once with `settle` or `release`; the first wins and every later call answers the same
 * settlement. A permit never ended gives its money back when its reservation expires.
 *
 * `settle` and `release` reject when the ledger fails: the gate keeps the money held and tries again by itself.
 */
export interface Permit {
  /** The id of the decision receipt. */
  readonly id: string;
  readonly run: Run;
  /** The action as enforced: send this one, not the one that was asked for. */
  readonly action: Action;
  readonly decision: Decision;
  /** How it ended, or null while it is open. */
  readonly ended: Settlement | null;
  /**
   * Marks the attempt as under way; answers false when it already was.
   *
   * A caller who runs the effect itself calls this first, so that a replayed permit never pays for two.
   */
  begin(): boolean;
  /** Books what was really used. Never rejects what is above the reservation: that is overage. */
  settle(used?: Used): Promise<Settlement>;
  /** Gives the money back: the call did not go out, or its provider does not bill for it. */
  release(reason: string): Promise<Settlement>;
  /** Keeps the reservation for `ms` from now, at least; never shortens it. False when it is not open any more. */
  extend(ms: number): Promise<boolean>;
  /**
   * Keeps the reservation alive by a heartbeat until the permit ends or the answered function is called; with
   * several holders, until the last of them lets go.
   *
   * For callers who surely end the permit: a heartbeat that nobody stops holds the money for ever.
   */
  hold(): () => void;
}
