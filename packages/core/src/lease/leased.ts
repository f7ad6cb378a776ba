import type { Amounts } from "../action/amounts.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import { isAmount } from "../action/is-amount.ts";
import type { UsageSource } from "../action/usage.ts";
import type { Awaitable } from "../awaitable.ts";
import { StorageFailed } from "../errors.ts";
import { checkRequest } from "../ledger/check-amounts.ts";
import type { LeasingLedger } from "../ledger/leasing.ts";
import type {
  Claim,
  Expired,
  Ledger,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from "../ledger/ledger.ts";
import type { Stops } from "../ledger/stops.ts";
import { GrantQueue } from "./grant-queue.ts";
import type { GrantTerms, Lease } from "./lease.ts";
import { type LeaseOptions, type LeaseTerms, readLeaseOptions } from "./lease-options.ts";
import { LeaseTaker } from "./lease-taker.ts";
import type { LeasedBalance } from "./leased-balance.ts";
import { LeasedBalances } from "./leased-balances.ts";
import type { OpenGrant } from "./open-grant.ts";

/** A ledger that decides within leases. */
export interface LeasedLedger extends Ledger {
  /**
   * Resolves once the shared ledger knows of all that was granted and ended until now; of a grant that it has refused
   * three times, while it took others, it is told again now and then without anybody waiting for it.
   *
   * @throws StorageFailed
   */
  flush(): Promise<void>;
  /** Gives back all leases, then closes the shared ledger. */
  close(): Promise<void>;
}

/**
 * Makes a ledger that takes slices of the budgets of a shared one, and grants out of them in this process: a decision
 * costs no round trip, and the sum of all processes' grants never exceeds a limit.
 *
 * What is granted is told to the shared ledger in the background, many at a time, and is an ordinary reservation from
 * then on. A settlement or release is answered when the shared ledger has it. Slices are a quarter of what is left at
 * most; what does not fit into one is decided by the shared ledger, so that the last cent can be spent by anyone. What
 * a process that died had leased is free again when its leases expire; of what it granted in the last few
 * milliseconds and had not told yet, nothing is known then but the receipts: a ledger that shares its store with them
 * finds it there, and tells of it as expired.
 *
 * While 10,000 grants wait to be told nothing more is granted here. A lease or a telling that is not answered within 10
 * seconds counts as failed.
 *
 * Only requests whose key is `fresh` are granted out of leases: any other key may have been used elsewhere, and is
 * asked for in the shared ledger. Where a balance stands, as answers tell it, is what was last heard of it.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function leased(ledger: LeasingLedger, options: LeaseOptions): LeasedLedger {
  return new LedgerWithLeases(ledger, readLeaseOptions(options));
}

/** How often others may use up a lease that was just taken before the shared ledger is asked. */
const maxTries = 3;

class LedgerWithLeases implements LeasedLedger {
  readonly #ledger: LeasingLedger;
  readonly #terms: LeaseTerms;
  readonly #taker: LeaseTaker;
  readonly #queue: GrantQueue;
  readonly #balances: LeasedBalances;
  #isClosed = false;

  constructor(ledger: LeasingLedger, terms: LeaseTerms) {
    this.#ledger = ledger;
    this.#terms = terms;
    this.#taker = new LeaseTaker(ledger, terms);
    this.#queue = new GrantQueue(ledger, terms, {
      recorded: (grant) => this.#taker.recorded(grant.leases),
      lost: (id) => this.#taker.lose(id),
      stands: (balance) => this.#balances.heard(balance),
    });
    this.#balances = new LeasedBalances(terms, () => {
      this.#taker.retireIdle();
      this.#queue.look(terms.clock.now() - terms.ttl);
      return !this.#taker.isIdle;
    });
  }

  reserve(request: ReserveRequest): Awaitable<ReserveResult> {
    checkRequest(request);
    const { claims, key, id, fresh } = request;
    const known = this.#queue.byKey(key);
    if (known !== null) return this.#again(known, request);
    // By its id it is found where this process does not live to tell of it.
    const isOurs = fresh === true && key === id && claims.length > 0;
    if (!isOurs || this.#isClosed || this.#queue.isFull) return this.#ask(request);
    const balances = claims.map((claim) => this.#balances.of(claim));
    return this.#grant(request, balances) ?? this.#takeOrAsk(request, balances);
  }

  async settle(reservation: Reservation, amounts: Amounts, source: UsageSource): Promise<SettleResult> {
    for (const { unit } of this.#queue.of(reservation)?.reservation.claims ?? []) {
      const amount = Object.hasOwn(amounts, unit) ? amounts[unit] : 0n;
      if (!isAmount(amount)) {
        throw new StorageFailed(`cannot book ${String(amount)} ${unit}; nothing was changed`);
      }
    }
    const ending = { outcome: "settled", amounts: { ...amounts }, source } as const;
    const answer = await this.#queue.end(reservation, ending);
    if (answer === null) return this.#ledger.settle(reservation, amounts, source);
    if (isOfSettle(answer)) return answer;
    throw new StorageFailed("the ledger answered nonsense to settle");
  }

  async release(reservation: Reservation, reason: string): Promise<ReleaseResult> {
    const answer = await this.#queue.end(reservation, { outcome: "released", reason });
    if (answer === null) return this.#ledger.release(reservation, reason);
    if (answer.status !== "settled") return answer;
    throw new StorageFailed("the ledger answered nonsense to release");
  }

  async extend(reservation: Reservation, expiresAt: number): Promise<boolean> {
    const grant = this.#queue.byKey(reservation.key);
    if (grant !== null && !grant.isRecorded) await this.#queue.flush();
    const isOpen = await this.#ledger.extend(reservation, expiresAt);
    if (grant !== null && isOpen) grant.expiresAt = expiresAt;
    return isOpen;
  }

  async *expire(now: number): AsyncGenerator<Expired> {
    await this.#queue.flush();
    for await (const expired of this.#ledger.expire(now)) {
      this.#queue.forget(expired);
      yield expired;
    }
  }

  async nextExpiry(): Promise<number | null> {
    await this.#queue.flush();
    return this.#ledger.nextExpiry();
  }

  async balances(query: BalanceQuery): Promise<readonly Balance[]> {
    await this.#queue.flush();
    return this.#ledger.balances(query);
  }

  get stops(): Stops | undefined {
    return this.#ledger.stops;
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#balances.stop();
    try {
      await this.#queue.flush();
      await this.#taker.retireAll();
    } finally {
      this.#queue.stop();
      await this.#ledger.close?.();
    }
  }

  /** Answers a key that is open here, as the shared ledger would. */
  #again({ reservation }: OpenGrant, { digest }: ReserveRequest): ReserveResult {
    if (reservation.digest !== digest) return { status: "conflict", reason: "digest_mismatch" };
    const balances = reservation.claims.map((claim) => this.#balances.of(claim).standing(claim));
    return { status: "reserved", reservation, replayed: true, balances };
  }

  /** Grants a request out of leases; null when they do not suffice. */
  #grant(request: ReserveRequest, balances: readonly LeasedBalance[]): ReserveResult | null {
    const { id, key, digest, claims, expiresAt } = request;
    const leases: Lease[] = [];
    for (let index = 0; index < claims.length; index++) {
      const lease = balances[index]?.find(claims[index] as Claim, request);
      // Two claims on one balance count together; that is left to the shared ledger.
      if (lease == null || leases.includes(lease)) return null;
      leases.push(lease);
    }
    for (let index = 0; index < leases.length; index++) {
      this.#draw(balances[index] as LeasedBalance, leases[index] as Lease, claims[index] as Claim, request);
    }
    // A copy, out of reach of whoever asked.
    const reservation = { id, key, digest, claims: claims.map((claim) => ({ ...claim })), expiresAt };
    this.#queue.add(reservation, leases);
    const standings = claims.map((claim, index) => (balances[index] as LeasedBalance).standing(claim));
    return { status: "reserved", reservation, replayed: false, balances: standings };
  }

  #draw(balance: LeasedBalance, lease: Lease, claim: Claim, terms: GrantTerms): void {
    lease.left -= claim.amount;
    lease.unrecorded += 1;
    lease.isUsed = true;
    balance.isUsed = true;
    this.#taker.renew(balance, lease, terms.expiresAt);
    const ofChain = balance.leases.filter(({ chain }) => chain === lease.chain);
    const [oldest] = ofChain;
    if (oldest !== undefined && oldest !== lease) void this.#taker.retire(balance, oldest);
    else if (ofChain.length === 1 && balance.taking === null && lease.left * 4n < lease.claim.amount) {
      // The next one is there before this one is used up.
      this.#taker.take(balance, claim, terms).catch(() => undefined);
    }
  }

  async #takeOrAsk(request: ReserveRequest, balances: readonly LeasedBalance[]): Promise<ReserveResult> {
    const { claims } = request;
    const isLeasable = claims.every((claim, index) => {
      const balance = balances[index] as LeasedBalance;
      return balances.indexOf(balance) === index && this.#isWorthALease(balance, claim);
    });
    for (let tries = 0; isLeasable && !this.#isClosed && tries < maxTries; tries++) {
      const lacking = claims.flatMap((claim, index) => {
        const balance = balances[index] as LeasedBalance;
        return balance.find(claim, request) === null ? [{ balance, claim }] : [];
      });
      await Promise.all(lacking.map(({ balance, claim }) => this.#taker.take(balance, claim, request)));
      this.#balances.watch();
      const granted = this.#isClosed ? null : this.#grant(request, balances);
      if (granted !== null) return granted;
      if (lacking.some(({ balance, claim }) => !this.#isWorthALease(balance, claim))) break;
    }
    return this.#ask(request);
  }

  #isWorthALease(balance: LeasedBalance, claim: Claim): boolean {
    const slice = this.#terms.slices.get(claim.unit);
    return slice !== undefined && balance.sizeOf(claim, slice) !== null;
  }

  /** Has the shared ledger decide; what is leased here must not be why it refuses. */
  #ask(request: ReserveRequest): Awaitable<ReserveResult> {
    const leased = this.#balances.known(request.claims).filter(({ isLeased }) => isLeased);
    return leased.length === 0 ? this.#askShared(request) : this.#askSoftly(request, leased);
  }

  /** Asks as if all limits were soft, so that a refusal is not for good, and again once all leases are back. */
  async #askSoftly(request: ReserveRequest, leased: readonly LeasedBalance[]): Promise<ReserveResult> {
    const softly = { ...request, claims: request.claims.map((claim) => ({ ...claim, soft: true })) };
    const first = await this.#askShared(softly);
    if (first.status === "reserved" && !first.replayed) {
      const claims = request.claims.map((claim) => ({ ...claim }));
      return { ...first, reservation: { ...first.reservation, claims } };
    }
    if (first.status !== "refused") return first;
    for (const balance of leased) balance.asking += 1;
    try {
      const returned = leased.map((balance) => this.#taker.retireOf(balance));
      await this.#queue.flush();
      await Promise.all(returned);
      return await this.#askShared(request);
    } finally {
      for (const balance of leased) balance.asking -= 1;
    }
  }

  async #askShared(request: ReserveRequest): Promise<ReserveResult> {
    const result = await this.#ledger.reserve(request);
    if (result.status === "reserved") {
      for (const standing of result.balances) this.#balances.heard(standing);
    } else if (result.status === "refused") {
      for (const exceeded of result.exceeded) this.#balances.heardExceeded(exceeded);
    }
    return result;
  }
}

/** Both answers have conflicts; that of a release does not say whether a settlement was late. */
function isOfSettle(answer: SettleResult | ReleaseResult): answer is SettleResult {
  if (answer.status !== "conflict") return answer.status === "settled";
  return answer.ended !== "expired" && (answer.ended !== "settled" || "late" in answer);
}
