// A gate that shares nothing but its ledger: `node stopped.process.ts <path> <plain | leased>`.
// Says "ready", then for each line `run agent tenant` on its standard input what becomes of an action, until `end`.
import { createInterface } from "node:readline";
import { createGate } from "@tollgate/core";
import { leased } from "@tollgate/core/leases";
import { sqliteLedger } from "../src/index.ts";

const [, , path = "", kind = ""] = process.argv;
const own = sqliteLedger(path, { durability: "normal" });
const gate = createGate({
  ledger: kind === "leased" ? leased(own, { slice: "100 calls" }) : own,
  budgets: [{ id: "calls", limit: "1000 calls", per: "total" }],
});
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "end") break;
  const [id = "", agent = "", tenant = ""] = line.split(" ");
  const { code, permit } = await gate.decide(
    { kind: "tool", name: "look" },
    { run: gate.run({ id, agent, tenant }) },
  );
  await permit?.release("only a look");
  console.log(code);
}
await gate.close();
process.stdin.destroy();
