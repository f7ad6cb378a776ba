import { claim } from "@tollgate/conformance/sample-claim";
import type { Claim, Ledger, Reservation, ReserveRequest } from "@tollgate/core";

export { claim };

/** A request under its own id, for one such claim unless told otherwise, that expires in five minutes. */
export function request(
  key: string,
  claims: readonly Claim[] = [claim()],
  expiresAt: number = Date.now() + 300_000,
): ReserveRequest {
  return { id: `id-${key}`, key, digest: "d", claims, expiresAt };
}

/** Reserves, and fails unless it is granted. */
export async function grant(ledger: Ledger, asked: ReserveRequest): Promise<Reservation> {
  const answer = await ledger.reserve(asked);
  if (answer.status !== "reserved") throw new Error(`${asked.key} was not granted: ${answer.status}`);
  return answer.reservation;
}

/** All that an iteration yields. */
export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** Asks until the answer is wanted, and answers it; fails when it has not come after a long time. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 45_000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`this is as far as it came: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The numbers from 0 to `count` - 1. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
