import type { Balance, BalanceQuery } from "../src/action/balance.ts";
import { StorageFailed } from "../src/errors.ts";
import type { Ledger, Reservation } from "../src/ledger/ledger.ts";
import type {
  Adjustment,
  AdjustmentQuery,
  KeptAdjustment,
  KeptReservation,
  LedgerAdmin,
  ReservationQuery,
} from "../src/ledger/ledger-admin.ts";
import { memoryLedger } from "../src/ledger/memory-ledger.ts";

/** A ledger that people may adjust, as the stores are, for tests: the memory ledger and a list of adjustments. */
export class MemoryAdminLedger implements Ledger, LedgerAdmin {
  readonly #clock: { now(): number };
  readonly #ledger: ReturnType<typeof memoryLedger>;
  readonly #adjustments: KeptAdjustment[] = [];
  readonly #reservations = new Map<string, KeptReservation>();
  /** What each was released for, by its id. */
  readonly #released = new Map<string, string>();
  /** How often each was asked for its list. */
  readonly asked = { adjustments: 0, reservations: 0 };

  constructor(clock: { now(): number }) {
    this.#clock = clock;
    this.#ledger = memoryLedger({ clock });
  }

  reserve: Ledger["reserve"] = (request) => {
    const answer = this.#ledger.reserve(request);
    if (answer.status === "reserved") {
      const { reservation } = answer;
      const createdAt = this.#clock.now();
      this.#reservations.set(reservation.id, { reservation, status: "open", createdAt });
    }
    return answer;
  };

  settle: Ledger["settle"] = (reservation, amounts) => {
    this.#end(reservation, "settled");
    return this.#ledger.settle(reservation, amounts);
  };

  release: Ledger["release"] = (reservation, reason) => {
    this.#end(reservation, "released");
    const answer = this.#ledger.release(reservation);
    const known = this.#released.get(reservation.id) ?? reason;
    this.#released.set(reservation.id, known);
    return answer.status === "conflict" && known !== reason ? { ...answer, otherwise: true } : answer;
  };

  extend: Ledger["extend"] = (reservation, expiresAt) => this.#ledger.extend(reservation, expiresAt);
  expire: Ledger["expire"] = (now) => this.#ledger.expire(now);
  nextExpiry: Ledger["nextExpiry"] = () => this.#ledger.nextExpiry();

  balances(query: BalanceQuery): readonly Balance[] {
    return this.#ledger.balances(query).map((balance) => this.#adjusted(balance));
  }

  reservations({ id, limit = 100 }: ReservationQuery = {}): readonly KeptReservation[] {
    this.asked.reservations += 1;
    const all = [...this.#reservations.values()].reverse();
    return all.filter(({ reservation }) => id === undefined || reservation.id === id).slice(0, limit);
  }

  adjust(adjustment: Adjustment): Balance {
    const known = this.#adjustments.find(({ id }) => id === adjustment.id);
    if (known !== undefined && known.amount !== adjustment.amount) {
      throw new StorageFailed(`adjustment ${adjustment.id} was another`);
    }
    const { budget, partition, window, unit } = adjustment;
    const balance = this.#ledger
      .balances({ budget, partition, window })
      .find((candidate) => candidate.unit === unit);
    if (balance === undefined) throw new StorageFailed(`there is no balance of budget "${budget}"`);
    if (known === undefined) this.#adjustments.push({ ...adjustment, adjustedAt: this.#clock.now() });
    return this.#adjusted(balance);
  }

  adjustments({ limit = 100 }: AdjustmentQuery = {}): readonly KeptAdjustment[] {
    this.asked.adjustments += 1;
    return this.#adjustments.toReversed().slice(0, limit);
  }

  #adjusted(balance: Balance): Balance {
    const added = this.#adjustments
      .filter(
        ({ budget, partition, window, unit }) =>
          budget === balance.budget &&
          partition === balance.partition &&
          window === balance.window &&
          unit === balance.unit,
      )
      .reduce((sum, { amount }) => sum + amount, 0n);
    return { ...balance, spent: balance.spent + added };
  }

  #end({ id }: Reservation, status: "settled" | "released"): void {
    const kept = this.#reservations.get(id);
    if (kept?.status === "open") this.#reservations.set(id, { ...kept, status });
  }
}
