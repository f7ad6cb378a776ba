import type { Claim, Ledger, Reservation } from "@tollgate/core";
import type { LeasingLedger } from "@tollgate/core/driver";
import { type LeasedLedger, leased } from "@tollgate/core/leases";
import type { ManualClock } from "@tollgate/core/testing";
import { standing } from "./ledger-under-test.ts";

/** How long a lease lives beyond what can be granted out of it, in milliseconds. */
export const ttl: number = 1000;
/** How long a reservation lives, in milliseconds. */
export const reservationMs: number = 300;

/** A process's ledger over the shared one, which stays open when the process ends. */
export function processOn(
  shared: LeasingLedger,
  clock: ManualClock,
  wire: Partial<LeasingLedger> = {},
): LeasedLedger {
  const stub = new Proxy(shared, {
    get(target, name) {
      if (name === "close") return undefined;
      const own: unknown = Reflect.get(wire, name);
      const member: unknown = own ?? Reflect.get(target, name);
      return typeof member === "function" ? member.bind(own === undefined ? target : wire) : member;
    },
  });
  return leased(stub, { slice: "200 units", ttl, clock });
}

/** A claim on the one balance that all of them share. */
export function claimOf(amount: bigint, limit: bigint | null = 1000n): Claim {
  const place = { budget: "b", partition: "", window: "total", endsAt: null, unit: "units" };
  return { ...place, amount, limit, soft: false };
}

/** Asks for a reservation; answers why there is none where there is none. */
export async function ask(
  ledger: Ledger,
  clock: ManualClock,
  key: string,
  claims: readonly Claim[],
  fresh = true,
): Promise<Reservation | string> {
  const expiresAt = clock.now() + reservationMs;
  const answer = await ledger.reserve({ id: key, key, digest: "d", claims, expiresAt, fresh });
  return answer.status === "reserved" ? answer.reservation : answer.status;
}

/** Asks for a reservation that has to be granted. */
export async function granted(
  ledger: Ledger,
  clock: ManualClock,
  key: string,
  amount: bigint,
  limit = 1000n,
): Promise<Reservation> {
  const answer = await ask(ledger, clock, key, [claimOf(amount, limit)]);
  if (typeof answer === "string") throw new Error(`${key} was not granted: ${answer}`);
  return answer;
}

/** Where the balance stands. */
export async function sums(ledger: Ledger): Promise<{ readonly spent: bigint; readonly held: bigint }> {
  return standing(await ledger.balances({}), claimOf(0n));
}

/** A wire that carries nothing. */
export function cut(): never {
  throw new Error("cut");
}

/** Lets what goes on by itself come to its end. */
export async function settleDown(turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((go) => setTimeout(go, 1));
}
