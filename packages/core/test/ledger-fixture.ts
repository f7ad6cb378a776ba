import type { Claim, Reservation, ReserveRequest } from "../src/ledger/ledger.ts";
import { type MemoryLedger, memoryLedger } from "../src/ledger/memory-ledger.ts";
import type { MemoryRetention } from "../src/ledger/memory-retention.ts";

/** A claim of 10 out of 100 on one balance for all time. */
export function claim(changes: Partial<Claim> = {}): Claim {
  return {
    budget: "b",
    partition: "",
    window: "total",
    endsAt: null,
    unit: "usd",
    amount: 10n,
    limit: 100n,
    soft: false,
    ...changes,
  };
}

/** A request under its own id, for one such claim unless told otherwise. */
export function request(key: string, claims: readonly Claim[] = [claim()], expiresAt = 1000): ReserveRequest {
  return {
    id: `id-${key}`,
    key,
    digest: "d",
    claims,
    expiresAt,
  };
}

/** Reserves, and fails unless it is granted. */
export function grant(
  ledger: MemoryLedger,
  key: string,
  claims?: readonly Claim[],
  expiresAt?: number,
): Reservation {
  const answer = ledger.reserve(request(key, claims, expiresAt));
  if (answer.status !== "reserved") throw new Error(`${key} was not granted: ${answer.status}`);
  return answer.reservation;
}

/** Expires what is due, and answers the keys. */
export async function expireAll(ledger: MemoryLedger, now: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of ledger.expire(now)) keys.push(key);
  return keys;
}

/** A ledger whose clock stands where the test puts it. */
export function setup(retention: MemoryRetention = {}): {
  readonly clock: { at: number; now(): number };
  readonly ledger: MemoryLedger;
} {
  const clock = { at: 0, now: () => clock.at };
  return { clock, ledger: memoryLedger({ clock, retention }) };
}
