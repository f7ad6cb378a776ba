import type { Claim, Ledger, Reservation } from "@tollgate/core";
import { type LeasedGrant, type LedgerAdmin, leaseKeyPrefix } from "@tollgate/core/driver";
import { claim, grant, request } from "./fixture.ts";

/** Takes a lease of so much, out of a balance of 100 unless told otherwise. */
export function takeLease(
  ledger: Ledger,
  name: string,
  amount: bigint,
  changes: Partial<Claim> = {},
  expiresAt?: number,
): Promise<Reservation> {
  return grant(ledger, request(leaseKeyPrefix + name, [claim({ ...changes, amount })], expiresAt));
}

/** A grant of 10 out of a lease, or of what each of several leases is told to give. */
export function leasedGrant(
  key: string,
  leases: readonly Reservation[],
  ending: LeasedGrant["ending"] = null,
  amounts: readonly bigint[] = [],
): LeasedGrant {
  const claims = leases.map(({ claims: [of] }, nth) => ({ ...claim(of), amount: amounts[nth] ?? 10n }));
  return { reservation: request(key, claims), leases: leases.map(({ id, key }) => ({ id, key })), ending };
}

/** A settlement of so many dollars' worth. */
export function settledAt(usd: bigint): LeasedGrant["ending"] {
  return { outcome: "settled", amounts: { usd }, source: "reported" };
}

/** Given back. */
export const released: LeasedGrant["ending"] = { outcome: "released", reason: "not sent" };

/** The amounts that open reservations hold, by key. */
export async function holdsByKey(ledger: LedgerAdmin): Promise<Readonly<Record<string, readonly bigint[]>>> {
  const listed = await ledger.reservations({ limit: 1000 });
  return Object.fromEntries(
    listed
      .filter(({ status }) => status === "open")
      .map(({ reservation: { key, claims } }) => [key, claims.map(({ amount }) => amount)]),
  );
}

/** What stands on the only balance: spent, held. */
export async function standing(ledger: Ledger): Promise<readonly (bigint | undefined)[]> {
  const [balance, ...more] = await ledger.balances({});
  if (more.length > 0) throw new Error("there are several balances");
  return [balance?.spent, balance?.held];
}
