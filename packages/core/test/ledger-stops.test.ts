import { createGate, memoryLedger, memoryLog } from "@tollgate/core";
import { agentName, sharedStops } from "@tollgate/core/driver";
import { leased } from "@tollgate/core/leases";
import { describe, expect, it } from "vitest";
import { gateFixture, tool } from "./gate-fixture.ts";
import { StopRows } from "./stop-rows.ts";

/** A gate whose ledger keeps stops, in a store that can fail. */
function withLedgerStops(options: Parameters<typeof gateFixture>[0] = {}) {
  const store = new StopRows();
  const stops = sharedStops(store, { pause: async () => undefined });
  const ledger = Object.assign(memoryLedger(), { stops });
  return { store, stops, ledger, ...gateFixture({ ledger, ...options }) };
}

describe("stops that come with a ledger", () => {
  it("are a gate's that is given no others", async () => {
    const { gate, store, ledger } = withLedgerStops();
    await gate.stop("run", "loops");
    expect(store.rows).toMatchObject([{ name: "run" }]);
    const other = createGate({ ledger, log: memoryLog(), stops: { reason: () => null, stop: () => true } });
    expect(other.run({ id: "run" }).stopped).toBeNull();
    await other.stop("another", "loops");
    expect(store.rows).toHaveLength(1);
  });

  it("are asked for whoever acts once before an action is judged and once after, and for one named for it too", async () => {
    const asked: (string | undefined)[] = [];
    const reason = (name: string | undefined) => {
      asked.push(name);
      return null;
    };
    const gate = createGate({ log: memoryLog(), stops: { reason, stop: () => true } });
    const run = gate.run({ id: "run", agent: "bot", tenant: "acme" });
    await gate.decide(tool("look"), { run });
    const own = ["run", agentName("bot"), agentName("bot", "acme")];
    expect(asked.splice(0)).toEqual([...own, ...own]);
    await gate.decide(tool("look"), { run, subject: { agent: "helper" } });
    const both = [...own, agentName("helper"), agentName("helper", "acme")];
    expect(asked).toEqual([...both, ...both]);
  });

  it("are those of the ledger that others lease from", async () => {
    const { ledger, stops } = withLedgerStops();
    const leasing = leased(
      { ...ledger, record: () => ({ endings: [], lost: [], balances: [] }) },
      { slice: "$1" },
    );
    expect(leasing.stops).toBe(stops);
    await leasing.close();
    const none = leased(
      { ...memoryLedger(), record: () => ({ endings: [], lost: [], balances: [] }) },
      { slice: "$1" },
    );
    expect(none.stops).toBeUndefined();
    await none.close();
  });

  it("deny where they cannot be known, unless the gate fails open: then the receipt says so", async () => {
    const closed = withLedgerStops();
    closed.store.failure = "throws";
    expect(await closed.gate.decide(tool("look"))).toMatchObject({ outcome: "deny", code: "store_failed" });
    const open = withLedgerStops({ failure: "open" });
    await open.gate.decide(tool("look"), { run: open.gate.run({ id: "r" }) });
    await open.gate.stop("r", "loops");
    open.store.failure = "throws";
    open.clock.advance(1001);
    const decision = await open.gate.decide(tool("look"));
    expect(decision).toMatchObject({ outcome: "allow" });
    expect(decision.receipt?.body).toMatchObject({
      decision: { failure: "ledger_failed: the store is down" },
    });
    // What is known stays so.
    const stopped = await open.gate.decide(tool("look"), { run: open.gate.run({ id: "r" }) });
    expect(stopped).toMatchObject({ code: "run_stopped" });
  });
});
