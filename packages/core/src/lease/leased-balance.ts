import type { Balance } from "../action/balance.ts";
import type { Claim, Exceeded } from "../ledger/ledger.ts";
import { fits, type GrantTerms, type Lease } from "./lease.ts";

/** A lease takes at most this part of what is left, so that its end can be spent by anyone. */
const share = 4n;

/** One balance of the shared ledger, as this process sees it: what was last heard of it, and the leases on it. */
export class LeasedBalance {
  readonly #place: Pick<Claim, "budget" | "partition" | "window" | "unit" | "endsAt">;
  /** The oldest first: it is used up before the next. */
  leases: readonly Lease[] = [];
  /** A lease that is being taken. */
  taking: Promise<void> | null = null;
  /** Those on their way back to the shared ledger. */
  readonly returning: Set<Promise<void>> = new Set();
  /** How many wait for what is leased here to be back; no lease is taken meanwhile. */
  asking = 0;
  /** Whether anybody asked for it since the last look for what is idle. */
  isUsed = true;
  #standing: Balance | null = null;

  constructor({ budget, partition, window, unit, endsAt }: Claim) {
    this.#place = { budget, partition, window, unit, endsAt };
  }

  /** Whether something is leased here, or may be. */
  get isLeased(): boolean {
    return this.leases.length > 0 || this.taking !== null || this.returning.size > 0;
  }

  /** The lease that a claim can be granted out of; null when there is none. */
  find(claim: Claim, terms: GrantTerms): Lease | null {
    const { leases } = this;
    for (let index = 0; index < leases.length; index++) {
      const lease = leases[index];
      if (lease !== undefined && fits(lease, claim, terms)) return lease;
    }
    return null;
  }

  /** Where the balance stood when it was last heard of. */
  standing(claim: Claim): Balance {
    return this.#standing ?? { ...this.#place, limit: claim.limit, spent: 0n, held: 0n };
  }

  heard(balance: Balance): void {
    this.#standing = balance;
  }

  heardExceeded({ claim, spent, held }: Exceeded): void {
    this.#standing = { ...this.#place, limit: claim.limit, spent, held };
  }

  /** Notes that something of what was held is free again. */
  heardFreed(amount: bigint): void {
    const known = this.#standing;
    if (known !== null) this.#standing = { ...known, held: known.held > amount ? known.held - amount : 0n };
  }

  /**
   * How large a lease to take for a claim: a slice, and near the limit less and less; null when it would not be worth
   * it, or would be in somebody's way.
   */
  sizeOf({ amount, limit }: Claim, slice: bigint): bigint | null {
    if (this.asking > 0) return null;
    // Who may go beyond a limit that others keep holds no more beyond it than it has to.
    if (limit === null && this.#standing !== null && this.#standing.limit !== null) return null;
    const part = limit === null ? slice : this.#left(limit) / share;
    const size = part < slice ? part : slice;
    return size > 0n && size >= 2n * amount ? size : null;
  }

  #left(limit: bigint): bigint {
    return this.#standing === null ? limit : limit - this.#standing.spent - this.#standing.held;
  }
}
