import { type LeasingLedger, leaseKeysOf } from "../ledger/leasing.ts";
import type { Claim } from "../ledger/ledger.ts";
import { deferred } from "./deferred.ts";
import type { GrantTerms, Lease } from "./lease.ts";
import type { LeaseTerms } from "./lease-options.ts";
import type { LeasedBalance } from "./leased-balance.ts";

/** Takes leases from the shared ledger, makes them live longer, and gives back what is left of them. */
export class LeaseTaker {
  readonly #ledger: LeasingLedger;
  readonly #terms: LeaseTerms;
  /** All that are not back yet, by id. */
  readonly #leases = new Map<string, { readonly lease: Lease; readonly balance: LeasedBalance }>();
  readonly #taking = new Set<Promise<void>>();

  constructor(ledger: LeasingLedger, terms: LeaseTerms) {
    this.#ledger = ledger;
    this.#terms = terms;
  }

  get isIdle(): boolean {
    return this.#leases.size === 0;
  }

  /**
   * Takes a lease that a claim fits into, if that is worth it; who asks meanwhile waits for the same.
   *
   * @throws StorageFailed, or whatever the ledger throws
   */
  take(balance: LeasedBalance, claim: Claim, terms: GrantTerms): Promise<void> {
    if (balance.taking !== null) return balance.taking;
    const taking = this.#take(balance, claim, terms).finally(() => {
      balance.taking = null;
      this.#taking.delete(taking);
    });
    balance.taking = taking;
    this.#taking.add(taking);
    return taking;
  }

  /** Makes a lease live longer when half of its time is over, while it is used. */
  renew(balance: LeasedBalance, lease: Lease, expiresAt: number): void {
    if (lease.isRenewing || lease.expiresAt - expiresAt >= this.#terms.ttl / 2) return;
    lease.isRenewing = true;
    const until = expiresAt + this.#terms.ttl;
    this.#terms
      .inTime(() => this.#ledger.extend(lease.reservation, until))
      .then((isOpen) => {
        if (isOpen) lease.expiresAt = until;
        else this.lose(lease.reservation.id);
      })
      .catch(() => {
        // It is used as long as it lives, and asked for again with the next grant.
      })
      .finally(() => {
        lease.isRenewing = false;
      });
    balance.isUsed = true;
  }

  /** Gives a lease back as soon as all that was granted out of it is recorded; resolves when it is. */
  retire(balance: LeasedBalance, lease: Lease): Promise<void> {
    balance.leases = balance.leases.filter((other) => other !== lease);
    if (lease.returned === null) {
      const returned = deferred<void>();
      lease.returned = returned;
      balance.returning.add(returned.promise);
      void returned.promise.then(() => balance.returning.delete(returned.promise));
      this.#giveBackIfDone(balance, lease);
    }
    return lease.returned.promise;
  }

  /** Notes that one grant out of each of these is recorded. */
  recorded(leases: readonly Lease[]): void {
    for (const lease of leases) {
      lease.unrecorded -= 1;
      const known = this.#leases.get(lease.reservation.id);
      if (known !== undefined) this.#giveBackIfDone(known.balance, lease);
    }
  }

  /** Grants nothing more out of a lease: its money is not ours any more. */
  lose(id: string): void {
    const known = this.#leases.get(id);
    if (known === undefined) return;
    const { lease, balance } = known;
    this.#leases.delete(id);
    balance.leases = balance.leases.filter((other) => other !== lease);
    lease.left = 0n;
    lease.returned ??= deferred();
    lease.returned.resolve();
  }

  /** Gives back every lease that was not used since the last look. */
  retireIdle(): void {
    for (const { lease, balance } of this.#leases.values()) {
      if (!lease.isUsed) void this.retire(balance, lease);
      lease.isUsed = false;
    }
  }

  /** Gives back all leases on a balance, also one that is being taken; resolves when they are back. */
  async retireOf(balance: LeasedBalance): Promise<void> {
    await balance.taking?.catch(() => undefined);
    for (const lease of balance.leases) void this.retire(balance, lease);
    await Promise.all(balance.returning);
  }

  /** Gives back all leases, also those that are being taken; resolves when they are back. */
  async retireAll(): Promise<void> {
    await Promise.allSettled(this.#taking);
    await Promise.all([...this.#leases.values()].map(({ balance, lease }) => this.retire(balance, lease)));
  }

  async #take(balance: LeasedBalance, claim: Claim, terms: GrantTerms): Promise<void> {
    const slice = this.#terms.slices.get(claim.unit) ?? 0n;
    // Once by what was last heard, and once by what the refusal tells.
    for (let tries = 0; tries < 2; tries++) {
      const size = balance.sizeOf(claim, slice);
      if (size === null || (await this.#ask(balance, { ...claim, amount: size, soft: true }, terms))) return;
    }
  }

  /** Asks for a lease; soft, so that a refusal costs nothing. Answers false when it was refused. */
  async #ask(balance: LeasedBalance, claim: Claim, { expiresAt, chain }: GrantTerms): Promise<boolean> {
    const id = this.#terms.newId();
    const until = expiresAt + this.#terms.ttl;
    const key = leaseKeysOf(chain ?? "") + id;
    const request = { id, key, digest: "lease", claims: [claim], expiresAt: until };
    // Its expiry gives it back if this fails, too.
    const undo = (): void => {
      this.#terms
        .inTime(() => this.#ledger.release(request, "not asked for any more"))
        .catch(() => undefined);
    };
    try {
      const result = await this.#terms.inTime(() => this.#ledger.reserve(request), undo);
      if (result.status === "refused") {
        for (const exceeded of result.exceeded) balance.heardExceeded(exceeded);
        return false;
      }
      if (result.status === "conflict") return true;
      for (const standing of result.balances) balance.heard(standing);
    } catch (error) {
      // It may have been granted all the same.
      undo();
      throw error;
    }
    const lease: Lease = {
      reservation: request,
      claim,
      chain,
      left: claim.amount,
      expiresAt: until,
      unrecorded: 0,
      isUsed: true,
      isRenewing: false,
      returned: null,
    };
    this.#leases.set(id, { lease, balance });
    balance.leases = [...balance.leases, lease];
    return true;
  }

  #giveBackIfDone(balance: LeasedBalance, lease: Lease): void {
    const { returned, left, reservation } = lease;
    if (returned === null || lease.unrecorded > 0 || !this.#leases.delete(reservation.id)) return;
    this.#terms
      .inTime(() => this.#ledger.release(reservation, "given back"))
      .then(() => balance.heardFreed(left))
      // It expires by itself.
      .catch(() => undefined)
      .finally(returned.resolve);
  }
}
