import { join } from "node:path";
import { type Clock, createGate, gateBudget, type Ledger, type ReceiptLog } from "@tollgate/core";
import { leaseKeyPrefix } from "@tollgate/core/driver";
import { createKeyFile, readKeyFile } from "@tollgate/core/node";
import { checkpoints } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { TestFolder } from "./test-folder.ts";

/** Where things are in a folder with a store. */
export interface SampleStore extends Disposable {
  /** The SQLite file. */
  readonly path: string;
  readonly folder: TestFolder;
  /** The file of the key that signed the gates' receipts. */
  readonly gateKey: string;
  /** The file of a key for people. */
  readonly operatorKey: string;
}

/** The day that stays today for a while, so that its windows are open whenever the tests run. */
export const openDay = "2099-01-05T00:00:00Z";

/** An SQLite file that gates have spent in; see {@link spend}. */
export async function sampleStore(): Promise<SampleStore> {
  const folder = new TestFolder();
  const store = { folder, path: join(folder.path, "tollgate.db"), ...sampleKeys(folder) };
  const file = sqliteFile(store.path);
  // Held once more, for the gates close what they are given.
  const last = sqliteLedger(file);
  await spend((clock) => ({ ledger: sqliteLedger(file, { clock }), log: sqliteLog(file) }), store.gateKey);
  await last.close();
  return { ...store, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** A key for gates and one for people, in files. */
export function sampleKeys(folder: TestFolder): { readonly gateKey: string; readonly operatorKey: string } {
  const keys = { gateKey: join(folder.path, "gate.jwk"), operatorKey: join(folder.path, "operator.jwk") };
  createKeyFile(keys.gateKey);
  createKeyFile(keys.operatorKey);
  return keys;
}

/**
 * Spends as two gates would: one on {@link openDay}, where alice spends $1.25 of her $5.00 and holds $0.40, bob
 * spends $2.00, and somebody has a lease of $0.50; and one on a day long ago, where alice spends $3.00 and holds $0.10.
 */
export async function spend(
  open: (clock: Clock) => { readonly ledger: Ledger; readonly log: ReceiptLog },
  gateKey: string,
): Promise<void> {
  const gateAt = (clock: Clock, chain: string) =>
    createGate({
      ...open(clock),
      chain,
      clock,
      signer: readKeyFile(gateKey),
      checkpoints: checkpoints({ every: 100 }),
      budgets: [
        { id: "daily", limit: "$5.00", per: "day", by: ["user"] },
        { id: "steps", limit: "10 calls", per: "run" },
        { id: "all", limit: "$1000.00" },
      ],
    });
  const pay = (usd: string) => ({ kind: "tool", name: "pay", amounts: { usd } }) as const;

  const now = manualClock(Date.parse("2099-01-05T09:00:00Z"));
  const today = gateAt(now, "today");
  const alice = today.run({ id: "invoice-7", user: "alice" });
  await (await gateBudget(alice, pay("$1.20"))).settle({ amounts: { usd: 1_250_000_000n } });
  await gateBudget(alice, pay("$0.40"));
  const bob = today.run({ id: "invoice-8", user: "bob" });
  await (await gateBudget(bob, pay("$2.00"))).settle();
  const { ledger, log } = open(now);
  await ledger.reserve({
    id: "lease-1",
    key: `${leaseKeyPrefix}daily`,
    digest: "lease",
    expiresAt: Date.parse("2099-01-05T09:01:00Z"),
    claims: [
      {
        budget: "daily",
        partition: "user=bob",
        window: openDay,
        endsAt: Date.parse("2099-01-06T00:00:00Z"),
        unit: "usd",
        amount: 500_000_000n,
        limit: 5_000_000_000n,
        soft: false,
      },
    ],
  });
  await ledger.close?.();
  await log.close?.();
  await today.close();

  const before = gateAt(manualClock(Date.parse("2020-03-01T09:00:00Z")), "before");
  const once = before.run({ id: "invoice-1", user: "alice" });
  await (await gateBudget(once, pay("$3.00"))).settle();
  await gateBudget(once, pay("$0.10"));
  await before.close();
}
