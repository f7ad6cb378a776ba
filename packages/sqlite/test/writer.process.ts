// A process that decides and settles as fast as it can until it is killed, and tells of what was acknowledged:
// `node writer.process.ts <path> <durability> <round> <name> <slice>`. With a slice it decides within leases.
import { writeSync } from "node:fs";
import { createGate } from "@tollgate/core";
import { leased } from "@tollgate/core/leases";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { budgets, callers, leasedBudgets, leaseTtlMs, priceNano, reservationTtlMs } from "./crash-budgets.ts";

const [, , path = "", durability, round = "", name = "", slice = ""] = process.argv;
const file = sqliteFile(path, { durability: durability === "normal" ? "normal" : "full" });
const shared = sqliteLedger(file);
const gate = createGate({
  ledger: slice === "" ? shared : leased(shared, { slice, ttl: leaseTtlMs }),
  log: sqliteLog(file),
  chain: name,
  budgets: slice === "" ? budgets : leasedBudgets,
  reservationTtlMs,
});
tell(`key ${JSON.stringify(gate.publicKey)}`);

let asked = 0;
await Promise.all(
  Array.from({ length: callers }, async () => {
    // Ends by itself if nobody kills it.
    while (asked < 50_000) {
      asked += 1;
      // The writers of a round share runs, and compete for what each of them may spend.
      const run = gate.run({ id: `run-${round}-${Math.floor(asked / 12)}`, user: "alice" });
      const { permit } = await gate.decide(
        { kind: "tool", name: "t", params: {}, amounts: { usd: "$0.05" } },
        { run },
      );
      if (permit === null) {
        tell("denied");
        continue;
      }
      tell(`decided ${permit.id}`);
      const chance = Math.random();
      if (chance < 0.6) {
        const usd = BigInt(Math.floor(Math.random() * Number(priceNano)));
        await permit.settle({ amounts: { usd, calls: 1n } });
        tell(`settled ${permit.id}`);
      } else if (chance < 0.8) {
        await permit.release("not sent");
        tell(`released ${permit.id}`);
      }
    }
  }),
);

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}
