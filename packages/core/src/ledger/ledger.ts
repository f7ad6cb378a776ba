import type { Amounts } from "../action/amounts.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import type { UsageSource } from "../action/usage.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Stops } from "./stops.ts";

/** One budget's part of a reservation: which balance, and how much of it to hold. */
export interface Claim {
  readonly budget: string;
  /** Such as `user=alice`; empty when the budget has one balance for all. */
  readonly partition: string;
  /** The window's start as an ISO instant, `run:<id>`, or `total`. */
  readonly window: string;
  /** When the window ends in epoch milliseconds; null when it does not end. */
  readonly endsAt: number | null;
  readonly unit: string;
  readonly amount: bigint;
  /** The most that spent and held may come to; null holds without refusing, and leaves the balance's limit. */
  readonly limit: bigint | null;
  /** A soft limit: exceeding it refuses without burning the key, so that the gate can degrade or ask. */
  readonly soft: boolean;
}

/** What to hold, under which key. */
export interface ReserveRequest {
  /** The reservation's id if it is granted; unique for ever. */
  readonly id: string;
  /** What identifies the attempt; the same key never gets two grants. */
  readonly key: string;
  /** The digest of the action as enforced; the same key with another digest is a conflict. */
  readonly digest: string;
  readonly claims: readonly Claim[];
  /** When the reservation expires unless it is extended, in epoch milliseconds. */
  readonly expiresAt: number;
  /**
   * True when the key was made for this request alone, so that nobody can have used it before or will use it again:
   * who has leased what it claims need not ask anybody else. It is the id then.
   *
   * @default false
   */
  readonly fresh?: boolean;
  /**
   * The chain of receipts that tells of it, of printable ASCII without spaces: where a process dies before the ledger
   * knows of what it granted out of a lease, that is where it is found.
   *
   * @default it is not known
   */
  readonly chain?: string;
}

/** Money held for one attempt. */
export interface Reservation {
  readonly id: string;
  readonly key: string;
  readonly digest: string;
  readonly claims: readonly Claim[];
  readonly expiresAt: number;
}

/** A limit that a request did not fit into. */
export interface Exceeded {
  readonly claim: Claim;
  readonly spent: bigint;
  readonly held: bigint;
}

/** How a reservation ended; each ends exactly once. */
export type Ending = "settled" | "released" | "expired";

/** The ledger's answer to `reserve`. */
export type ReserveResult =
  | {
      readonly status: "reserved";
      readonly reservation: Reservation;
      /** True when an open reservation of the same key and digest was answered again: nothing more is held. */
      readonly replayed: boolean;
      /** Where each claimed balance stands now, in the order of the claims. */
      readonly balances: readonly Balance[];
    }
  | {
      /**
       * Nothing is held. If every exceeded claim is hard the key is burned: asking again answers the same. With
       * a soft one among them it is not, for a degrade may make the action fit.
       */
      readonly status: "refused";
      readonly exceeded: readonly Exceeded[];
    }
  | {
      /**
       * The key was used before and cannot be granted again; nothing is held. A key that has ended says how,
       * whatever the digest; `digest_mismatch` is for open and burned ones.
       */
      readonly status: "conflict";
      readonly reason: ReserveConflict;
    };

/** Why a key cannot be granted again: what became of it, or that it stands for another action. */
export type ReserveConflict =
  | "digest_mismatch"
  | "already_settled"
  | "already_released"
  | "already_expired"
  | "forgotten";

/** What one claim was charged. */
export interface Charge {
  readonly claim: Claim;
  readonly actual: bigint;
  /**
   * Booked beyond what was held for it; counts against the next reserve. After expiry nothing is held any
   * more: then it is what did not fit under the claim's limit at that moment.
   */
  readonly overage: bigint;
}

/** The ledger's answer to `settle`. */
export type SettleResult =
  | {
      readonly status: "settled";
      readonly charges: readonly Charge[];
      /** True when the reservation had expired before: the money was booked all the same. */
      readonly late: boolean;
    }
  | { readonly status: "conflict"; readonly ended: "released" | "unknown" }
  | {
      readonly status: "conflict";
      readonly ended: "settled";
      /** Whether that settlement came after expiry: who lost its answer must receipt it as it was booked. */
      readonly late: boolean;
    };

/** The ledger's answer to `release`. */
export type ReleaseResult =
  | { readonly status: "released" }
  | {
      readonly status: "conflict";
      readonly ended: Ending | "unknown";
      /** True when it was released with another reason: by somebody else, not by a try whose answer was lost. */
      readonly otherwise?: true;
    };

/** How a reservation ended, in the words of the receipt that is to say so; amounts are decimal strings. */
export interface UnrecordedEnding {
  readonly outcome: Ending;
  readonly reason?: string;
  /** What was booked, by unit; empty unless settled. */
  readonly amounts: readonly { readonly unit: string; readonly amount: string }[];
  readonly source?: UsageSource;
  /** Absent also where it is not known any more. */
  readonly overage?: readonly (Omit<Claim, "endsAt" | "amount" | "limit" | "soft"> & {
    readonly amount: string;
  })[];
  readonly late?: true;
}

/** What `expire` tells of. */
export interface Expired extends Reservation {
  /**
   * How it ended long ago, where nobody has recorded that: its process died in between. Absent for one that
   * expires now.
   */
  readonly unrecorded?: UnrecordedEnding;
}

/**
 * Where budgets and reservations live. It knows amounts and time, nothing of policy or receipts.
 *
 * The rules (see TigerBeetle's two-phase transfers for their origin):
 * 1. After every granted reserve, spent + held <= limit for each hard claim.
 * 2. held is the sum of the open reservations' claims.
 * 3. A reservation ends exactly once: settled, released or expired.
 * 4. The same key and digest answers the same while open; an ended key is never granted again; a burned
 *    key stays refused.
 * 5. All claims are granted or none.
 * 6. A settlement charges the reservation's own window, whatever the time is by then.
 * 7. An actual amount above the reserved one is booked as overage, never rejected.
 * 8. A settlement after expiry is booked too.
 *
 * Methods throw (or reject with) StorageFailed when they cannot keep this, and change nothing then; so also
 * for amounts that are negative, and where a balance would come to more than 2^63 - 1.
 */
export interface Ledger {
  /** Holds all claims or none, atomically. */
  reserve(request: ReserveRequest): Awaitable<ReserveResult>;
  /**
   * Books the actual amounts by unit against the reservation; a unit of a claim that `amounts` lacks is
   * booked as reserved.
   */
  settle(reservation: Reservation, amounts: Amounts, source: UsageSource): Awaitable<SettleResult>;
  /** Gives back what is held: the call did not go out, or its provider does not bill for it. */
  release(reservation: Reservation, reason: string): Awaitable<ReleaseResult>;
  /** Moves the expiry of an open reservation; false when it is not open any more. */
  extend(reservation: Reservation, expiresAt: number): Awaitable<boolean>;
  /**
   * Ends every open reservation with `expiresAt <= now` and yields each one exactly once.
   *
   * A ledger that shares its store with the receipts also yields, as `unrecorded`, reservations that ended minutes
   * ago and whose ending is missing there, though their decision is not: each to one caller, and again to another
   * when it stays away. So also decisions that were granted out of a lease which has expired, by a process that died
   * before it told anybody: as expired. Whoever is told of a reservation writes its receipt.
   */
  expire(now: number): AsyncIterable<Expired>;
  /** When the next open reservation expires, in epoch milliseconds; null when none is open. */
  nextExpiry(): Awaitable<number | null>;
  balances(query: BalanceQuery): Awaitable<readonly Balance[]>;
  /**
   * What is stopped for all who share the ledger's store: the gates' where they are given no other. The ledger closes it.
   *
   * @default none: what a gate stops is stopped in that gate
   */
  readonly stops?: Stops | undefined;
  close?(): Awaitable<void>;
}
