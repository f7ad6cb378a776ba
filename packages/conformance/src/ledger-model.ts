import type { Charge, Claim, Exceeded, Reservation, ReserveRequest } from "@tollgate/core";

/** What the model says of one balance. */
export interface Standing {
  readonly spent: bigint;
  readonly held: bigint;
}

interface Known {
  reservation: Reservation;
  state: "open" | "settled" | "released" | "expired";
  charges: readonly Charge[];
  /** Whether it settled after it had expired. */
  late: boolean;
}

/**
 * What a ledger has to answer, told as plainly as possible: it keeps nothing but a list of what happened to
 * each reservation, and adds everything up whenever it is asked.
 */
export class LedgerModel {
  readonly #known: Known[] = [];
  readonly #burned = new Map<string, { readonly digest: string; readonly exceeded: readonly Exceeded[] }>();

  /** Spent and held on the balance of a claim. */
  standing(claim: Claim): Standing {
    let spent = 0n;
    let held = 0n;
    for (const { reservation, state, charges } of this.#known) {
      for (const charge of charges) if (sameBalance(charge.claim, claim)) spent += charge.actual;
      if (state !== "open") continue;
      for (const own of reservation.claims) if (sameBalance(own, claim)) held += own.amount;
    }
    return { spent, held };
  }

  reserve({ id, key, digest, claims, expiresAt }: ReserveRequest): unknown {
    const burned = this.#burned.get(key);
    if (burned !== undefined) {
      if (burned.digest !== digest) return { status: "conflict", reason: "digest_mismatch" };
      return { status: "refused", exceeded: burned.exceeded };
    }
    const known = this.#known.find(({ reservation }) => reservation.key === key);
    if (known !== undefined && known.state !== "open") {
      return { status: "conflict", reason: `already_${known.state}` };
    }
    if (known !== undefined && known.reservation.digest !== digest) {
      return { status: "conflict", reason: "digest_mismatch" };
    }
    if (known !== undefined) return this.#granted(known.reservation, true);

    const exceeded = claims.flatMap((claim) => {
      const { spent, held } = this.standing(claim);
      const wanted = claims.filter((other) => sameBalance(other, claim));
      const total = wanted.reduce((sum, { amount }) => sum + amount, spent + held);
      return claim.limit !== null && total > claim.limit ? [{ claim, spent, held }] : [];
    });
    if (exceeded.length > 0) {
      if (exceeded.every(({ claim }) => !claim.soft)) this.#burned.set(key, { digest, exceeded });
      return { status: "refused", exceeded };
    }
    const reservation = { id, key, digest, claims, expiresAt };
    this.#known.push({ reservation, state: "open", charges: [], late: false });
    return this.#granted(reservation, false);
  }

  settle({ id }: Reservation, amounts: Readonly<Record<string, bigint>>): unknown {
    const known = this.#find(id);
    if (known.state === "settled") return { status: "conflict", ended: "settled", late: known.late };
    if (known.state === "released") return { status: "conflict", ended: "released" };
    const late = known.state === "expired";
    const charges: Charge[] = [];
    for (const claim of known.reservation.claims) {
      const actual = amounts[claim.unit] ?? claim.amount;
      const { spent, held } = this.standing(claim);
      const booked = charges.filter((charge) => sameBalance(charge.claim, claim));
      const room =
        (claim.limit ?? 0n) - spent - held - booked.reduce((sum, charge) => sum + charge.actual, 0n);
      const left = room < 0n ? 0n : room;
      const covered = late ? (claim.limit === null ? actual : left) : claim.amount;
      charges.push({ claim, actual, overage: actual > covered ? actual - covered : 0n });
    }
    known.state = "settled";
    known.charges = charges;
    known.late = late;
    return { status: "settled", charges, late };
  }

  release({ id }: Reservation): unknown {
    const known = this.#find(id);
    if (known.state !== "open") return { status: "conflict", ended: known.state };
    known.state = "released";
    return { status: "released" };
  }

  extend({ id }: Reservation, expiresAt: number): boolean {
    const known = this.#find(id);
    if (known.state !== "open") return false;
    known.reservation = { ...known.reservation, expiresAt };
    return true;
  }

  /** The ids of what expires, in no particular order. */
  expire(now: number): ReadonlySet<string> {
    const due = this.#known.filter(
      ({ state, reservation }) => state === "open" && reservation.expiresAt <= now,
    );
    for (const known of due) known.state = "expired";
    return new Set(due.map(({ reservation }) => reservation.id));
  }

  nextExpiry(): number | null {
    const open = this.#known.filter(({ state }) => state === "open");
    return open.length === 0 ? null : Math.min(...open.map(({ reservation }) => reservation.expiresAt));
  }

  #granted(reservation: Reservation, replayed: boolean): unknown {
    const balances = reservation.claims.map((claim) => this.standing(claim));
    return { status: "reserved", reservation, replayed, balances };
  }

  #find(id: string): Known {
    const known = this.#known.find(({ reservation }) => reservation.id === id);
    if (known === undefined) throw new Error(`the ledger granted ${id}, the model did not`);
    return known;
  }
}

/** Whether two claims draw on one balance. */
export function sameBalance(
  one: Pick<Claim, "budget" | "partition" | "window" | "unit">,
  other: Pick<Claim, "budget" | "partition" | "window" | "unit">,
): boolean {
  return (
    one.budget === other.budget &&
    one.partition === other.partition &&
    one.window === other.window &&
    one.unit === other.unit
  );
}
