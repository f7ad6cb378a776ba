import { claim } from "@tollgate/conformance/sample-claim";
import type { Claim, Ledger, Reservation, ReserveRequest } from "@tollgate/core";

export { claim };

/** A request under its own id, with one claim unless told otherwise. */
export function request(key: string, claims: readonly Claim[] = [claim()], expiresAt = 1000): ReserveRequest {
  return { id: `id-${key}`, key, digest: "d", claims, expiresAt };
}

/** Reserves, and fails unless it is granted. */
export async function grant(
  ledger: Ledger,
  key: string,
  claims?: readonly Claim[],
  expiresAt?: number,
): Promise<Reservation> {
  const answer = await ledger.reserve(request(key, claims, expiresAt));
  if (answer.status !== "reserved") throw new Error(`${key} was not granted: ${answer.status}`);
  return answer.reservation;
}

/** Sweeps, and answers the keys that were told. */
export async function sweep(ledger: Ledger, now: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of ledger.expire(now)) keys.push(key);
  return keys;
}

/** What is spent and held on the budget `b`. */
export async function standing(ledger: Ledger): Promise<{ spent: bigint; held: bigint }> {
  const balances = await ledger.balances({ budget: "b" });
  return {
    spent: balances.reduce((sum, { spent }) => sum + spent, 0n),
    held: balances.reduce((sum, { held }) => sum + held, 0n),
  };
}

/** How a promise ended: its answer, or the message of a StorageFailed. */
export async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    if ((error as { code?: unknown }).code === "storage_failed") return (error as Error).message;
    throw error;
  }
}
