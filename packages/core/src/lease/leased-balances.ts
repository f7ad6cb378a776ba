import type { Balance } from "../action/balance.ts";
import type { Claim, Exceeded } from "../ledger/ledger.ts";
import type { LeaseTerms } from "./lease-options.ts";
import { LeasedBalance } from "./leased-balance.ts";

/** The balances that this process has asked for of late; forgotten again when nobody asks any more. */
export class LeasedBalances {
  readonly #terms: Pick<LeaseTerms, "clock" | "ttl">;
  readonly #look: () => boolean;
  readonly #byPlace = new Map<string, LeasedBalance>();
  #timer: unknown = null;
  #isStopped = false;

  /** `look` is called once in a lease's life, before idle balances are forgotten; true when it is to be called again. */
  constructor(terms: Pick<LeaseTerms, "clock" | "ttl">, look: () => boolean) {
    this.#terms = terms;
    this.#look = look;
  }

  /** The balance of a claim, which is known from now on. */
  of(claim: Claim): LeasedBalance {
    const place = placeOf(claim);
    let balance = this.#byPlace.get(place);
    if (balance === undefined) {
      balance = new LeasedBalance(claim);
      this.#byPlace.set(place, balance);
      this.watch();
    }
    return balance;
  }

  /** Those of these claims' balances that are known, each once. */
  known(claims: readonly Claim[]): readonly LeasedBalance[] {
    const found = new Set<LeasedBalance>();
    for (const claim of claims) {
      const balance = this.#byPlace.get(placeOf(claim));
      if (balance !== undefined) found.add(balance);
    }
    return [...found];
  }

  heard(standing: Balance): void {
    this.#byPlace.get(placeOf(standing))?.heard(standing);
  }

  heardExceeded(exceeded: Exceeded): void {
    this.#byPlace.get(placeOf(exceeded.claim))?.heardExceeded(exceeded);
  }

  /** Looks for what is idle, as long as there is anything. */
  watch(): void {
    if (this.#isStopped) return;
    this.#timer ??= this.#terms.clock.setTimer(() => {
      this.#timer = null;
      const isMore = this.#look();
      this.#forgetIdle();
      if (isMore || this.#byPlace.size > 0) this.watch();
    }, this.#terms.ttl);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) this.#terms.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #forgetIdle(): void {
    for (const [place, balance] of this.#byPlace) {
      if (!balance.isUsed && !balance.isLeased) this.#byPlace.delete(place);
      balance.isUsed = false;
    }
  }
}

/** Names a balance by one text; the window stands last, as it may hold any character. */
function placeOf({
  budget,
  unit,
  partition,
  window,
}: Pick<Claim, "budget" | "unit" | "partition" | "window">): string {
  return `${budget.length},${unit.length},${partition.length}:${budget}${unit}${partition}${window}`;
}
