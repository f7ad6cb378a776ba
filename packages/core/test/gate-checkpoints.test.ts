import { createSigner, type Gate, InvalidConfig, memoryLog, type ReceiptLog } from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { pass, turn } from "./broken-ledger.ts";
import { checked, checkpointFixture, decide, minute, shape } from "./checkpoint-fixture.ts";
import { FailingLog } from "./failing-log.ts";
import { costing } from "./gate-fixture.ts";

describe("a gate with checkpoints", () => {
  it("writes one after so many receipts, each over all that stands before it", async () => {
    const { gate, failures, check } = checkpointFixture();
    await decide(gate, 7);
    expect(await shape(gate)).toBe("KDDPDDDPDD");
    expect((await checked(gate)).map(({ size, heads }) => ({ size, heads }))).toEqual([
      { size: 3, heads: undefined },
      { size: 7, heads: undefined },
    ]);
    expect(failures).toEqual([]);
    await check();
  });

  it("writes one so long after a receipt, and none for nothing new", async () => {
    const { gate, clock } = checkpointFixture({ reservationTtlMs: 60 * minute }, 1000);
    await decide(gate);
    await pass(clock, minute - 1);
    expect(await shape(gate)).toBe("KD");
    await pass(clock, 1);
    expect(await shape(gate)).toBe("KDP");
    await pass(clock, 10 * minute);
    expect(await shape(gate)).toBe("KDP");
    await decide(gate);
    await pass(clock, minute);
    expect(await shape(gate)).toBe("KDPDP");
    await checked(gate);
  });

  it("counts the time from the first receipt that no checkpoint covers", async () => {
    const { gate, clock } = checkpointFixture({ reservationTtlMs: 60 * minute });
    await decide(gate);
    await pass(clock, minute / 2);
    await decide(gate);
    expect(await shape(gate)).toBe("KDDP");
    await decide(gate);
    await pass(clock, minute - 1);
    expect(await shape(gate)).toBe("KDDPD");
    await pass(clock, 1);
    expect(await shape(gate)).toBe("KDDPDP");
  });

  it("writes one right before it closes the chain, and leaves no timer behind", async () => {
    const { gate, clock } = checkpointFixture();
    await decide(gate);
    await gate.close();
    expect(await shape(gate)).toBe("KDPC");
    await checked(gate);
    const other = checkpointFixture();
    await decide(other.gate, 2);
    await other.gate.close();
    expect(await shape(other.gate)).toBe("KDDPC");
    const unused = checkpointFixture();
    await unused.gate.close();
    expect(await shape(unused.gate)).toBe("KPC");
    await pass(clock, 10 * minute);
    expect(clock.timers).toBe(0);
  });

  it("writes them in order among receipts that do not wait for each other", async () => {
    const { gate, check } = checkpointFixture({}, 10);
    await gate.decide(costing("$1"));
    const deciding = Array.from({ length: 50 }, () => gate.decide(costing("$1")));
    for (const decision of await Promise.all(deciding)) expect(decision.outcome).toBe("allow");
    await turn();
    expect((await checked(gate)).length).toBeGreaterThan(0);
    await check();
  });

  it("names where the log's other chains end, by name, and never its own", async () => {
    const [log, clock] = [memoryLog(), manualClock()];
    const others = ["zeta", "alpha", "Omega"].map(
      (chain) => checkpointFixture({ log, clock, chain }, 1000).gate,
    );
    for (const other of others) await decide(other);
    const { gate } = checkpointFixture({ log, clock, chain: "main" });
    await decide(gate, 2);
    await decide(others[0] as Gate);
    await decide(gate, 3);
    const [first, second] = await checked(gate);
    expect(first?.heads?.map(({ chain, seq }) => `${chain} ${seq}`)).toEqual([
      "Omega 1",
      "alpha 1",
      "zeta 1",
    ]);
    expect(second?.heads?.map(({ chain, seq }) => `${chain} ${seq}`)).toEqual([
      "Omega 1",
      "alpha 1",
      "zeta 2",
    ]);
    expect(second?.heads?.at(-1)?.digest).toBe(log.head("zeta") && (await log.head("zeta"))?.digest);
  });

  it("signs them under the key of the time", async () => {
    const { gate, check } = checkpointFixture({}, 2);
    await decide(gate, 2);
    await gate.rotate(createSigner());
    await decide(gate, 2);
    expect(new Set((await checked(gate)).map(({ size }) => size)).size).toBeGreaterThan(1);
    await check();
  });

  it("is refused options that make no sense", () => {
    expect(() => checkpoints({ every: 0 })).toThrow(InvalidConfig);
    expect(() => checkpoints({ everyMs: 0 })).toThrow(InvalidConfig);
    expect(() => checkpoints({ everyMs: 2 ** 31 })).toThrow(InvalidConfig);
  });
});

describe("a gate with checkpoints whose log fails", () => {
  it.each(["rejects", "throws", "hangs"] as const)("takes the tree back when it %s", async (failure) => {
    const log = new FailingLog();
    const { gate, clock, check, failures } = checkpointFixture({ log });
    await decide(gate, 4);
    log.failure = failure;
    const deciding = Array.from({ length: 5 }, () => gate.decide(costing("$1")));
    await pass(clock, 6000);
    for (const decision of await Promise.all(deciding)) expect(decision.outcome).toBe("deny");
    log.failure = "none";
    log.answer();
    await turn();
    await pass(clock, minute);
    await decide(gate, 6);
    expect((await checked(gate)).length).toBeGreaterThanOrEqual(2);
    await check();
    // A checkpoint among those that failed is told of, as nobody waits for it.
    for (const told of failures) expect(told).toMatch(/^(checkpoint|receipt|release): /);
  });

  it("closes its chain also when the last checkpoint cannot be written", async () => {
    const log = new FailingLog();
    const { gate, failures } = checkpointFixture({
      log: {
        append(entry) {
          if (entry.receipt.body.type === "checkpoint") throw new Error("no room for that");
          return log.append(entry);
        },
        read: log.read,
        head: log.head,
      },
    });
    await decide(gate);
    await gate.close();
    expect(await shape(gate)).toBe("KDC");
    expect(failures).toEqual([expect.stringMatching(/^checkpoint: .*no room for that/)]);
  });

  it("denies nothing over heads that nobody can tell, and says why there is no checkpoint", async () => {
    const log: ReceiptLog = { ...memoryLog(), heads: () => Promise.reject(new Error("no such table")) };
    const { gate, clock, failures } = checkpointFixture({ log });
    await decide(gate, 20);
    expect(await shape(gate)).not.toContain("P");
    expect(failures).toEqual(["checkpoint: Error: no such table"]);
    await pass(clock, minute);
    expect(failures).toHaveLength(2);
    await gate.close();
  });
});
