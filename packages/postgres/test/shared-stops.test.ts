import { createGate, createSigner, type Gate } from "@tollgate/core";
import { leased } from "@tollgate/core/leases";
import { createOperator } from "@tollgate/core/operate";
import { afterAll, describe, expect, it } from "vitest";
import { migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
await migrate(server.pool());

/** A gate on connections of its own, with a ledger and nothing else. */
function openGate(kind: string): Gate {
  const ledger = postgresLedger(server.pool());
  return createGate({
    ledger: kind === "leased" ? leased(ledger, { slice: "100 calls" }) : ledger,
    budgets: [{ id: `calls-${kind}`, limit: "1000 calls", per: "total" }],
  });
}

async function codeAt(gate: Gate, id: string, agent: string, tenant: string): Promise<string> {
  const run = gate.run({ id, agent, tenant });
  const { code, permit } = await gate.decide({ kind: "tool", name: "look" }, { run });
  await permit?.release("only a look");
  return code;
}

describe.each(["plain", "leased"])("gates on several pools that share nothing but a %s ledger", (kind) => {
  it("deny what any of them has stopped from the moment that it is acknowledged, until it is lifted", async () => {
    const pool = server.pool();
    const ledger = postgresLedger(pool);
    const gate = createGate({ ledger });
    const others = [openGate(kind), openGate(kind)];
    const codes = (id: string, agent: string, tenant: string) =>
      Promise.all(others.map((other) => codeAt(other, `${kind}-${id}`, `${kind}-${agent}`, tenant)));

    expect(await codes("run", "bot", "acme")).toEqual(["allowed", "allowed"]);
    await gate.stop({ agent: `${kind}-bot`, tenant: "acme" }, "rogue");
    expect(await codes("run", "bot", "acme")).toEqual(["run_stopped", "run_stopped"]);
    expect(await codes("run", "bot", "rival")).toEqual(["allowed", "allowed"]);
    await gate.stop(`${kind}-run`, "loops");
    expect(await codes("run", "good", "acme")).toEqual(["run_stopped", "run_stopped"]);

    const log = postgresLog(pool);
    const operator = createOperator({ ledger, log, stops: ledger.stops, signer: createSigner() });
    await operator.lift({ agent: `${kind}-bot`, tenant: "acme", by: "carol", reason: "it is its own again" });
    await ledger.stops.spread();
    expect(await codes("other", "bot", "acme")).toEqual(["allowed", "allowed"]);
    expect(await codes("run", "bot", "acme")).toEqual(["run_stopped", "run_stopped"]);
    await operator.close();
    for (const each of [gate, ...others]) await each.close();
  }, 60_000);
});
