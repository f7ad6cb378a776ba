import { type LeasedGrant, leaseKeyPrefix } from "@tollgate/core/driver";
import { sqliteLedger } from "@tollgate/sqlite";
import { expect, it } from "vitest";
import { claim, grant, request, standing } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const most = 2n ** 63n - 1n;

it("what cannot be booked of a lease's grants is refused alone: others share its transaction", async () => {
  const ledger = sqliteLedger(tempFile(), { durability: "full" });
  const one = claim({ amount: 10n, limit: null });
  await ledger.settle(await grant(ledger, "before", [one]), { [one.unit]: 1n }, "reported");
  const lease = await grant(ledger, `${leaseKeyPrefix}a`, [one]);
  const granted: LeasedGrant = {
    reservation: request("a", [one]),
    leases: [lease],
    ending: { outcome: "settled", amounts: { [one.unit]: most }, source: "reported" },
  };
  const [recorded, other] = await Promise.allSettled([
    ledger.record([granted]),
    ledger.reserve(request("other", [one])),
  ]);
  expect(recorded).toMatchObject({ status: "rejected", reason: { code: "storage_failed" } });
  expect(other).toMatchObject({ status: "fulfilled", value: { status: "reserved" } });
  expect(await standing(ledger)).toEqual({ spent: 1n, held: 20n });
  await ledger.close();
});
