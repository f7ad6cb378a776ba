import {
  createSigner,
  type Gate,
  type GateOptions,
  InvalidConfig,
  memoryLog,
  type Receipt,
  type ReceiptLog,
} from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { pass, turn } from "./broken-ledger.ts";
import { checkedCheckpoints } from "./checked-checkpoints.ts";
import { FailingLog } from "./failing-log.ts";
import { costing, type GateFixture, gateFixture } from "./gate-fixture.ts";
import { turns } from "./passing-time.ts";

const minute = 60_000;

async function all(receipts: AsyncIterable<Receipt>): Promise<Receipt[]> {
  const read: Receipt[] = [];
  for await (const receipt of receipts) read.push(receipt);
  return read;
}

/** What the gate's chain consists of, a letter each: K key, D decision, P checkpoint, C close. */
async function shape(gate: Gate): Promise<string> {
  const letters: Record<string, string> = { checkpoint: "P" };
  const types = (await all(gate.receipts())).map(({ body: { type } }) => letters[type] ?? type.charAt(0));
  return types.join("").toUpperCase();
}

/** Decides so many times, and lets the checkpoint follow that this may call for. */
async function decide(gate: Gate, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    expect(await gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    await turn();
  }
}

async function checked(gate: Gate): Promise<ReturnType<typeof checkedCheckpoints>> {
  return checkedCheckpoints(await all(gate.receipts()));
}

/** A gate with checkpoints, and what it tells of failures. */
function fixture(options: GateOptions = {}, every = 3): GateFixture & { readonly failures: string[] } {
  const failures: string[] = [];
  const made = gateFixture({
    checkpoints: checkpoints({ every, everyMs: minute }),
    onFailure: ({ during, cause }) => failures.push(`${during}: ${cause}`),
    ...options,
  });
  return { ...made, failures };
}

describe("a gate with checkpoints", () => {
  it("writes one after so many receipts, each over all that stands before it", async () => {
    const { gate, failures, check } = fixture();
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
    const { gate, clock } = fixture({ reservationTtlMs: 60 * minute }, 1000);
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
    const { gate, clock } = fixture({ reservationTtlMs: 60 * minute });
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
    const { gate, clock } = fixture();
    await decide(gate);
    await gate.close();
    expect(await shape(gate)).toBe("KDPC");
    await checked(gate);
    const other = fixture();
    await decide(other.gate, 2);
    await other.gate.close();
    expect(await shape(other.gate)).toBe("KDDPC");
    const unused = fixture();
    await unused.gate.close();
    expect(await shape(unused.gate)).toBe("KPC");
    await pass(clock, 10 * minute);
    expect(clock.timers).toBe(0);
  });

  it("writes them in order among receipts that do not wait for each other", async () => {
    const { gate, check } = fixture({}, 10);
    await gate.decide(costing("$1"));
    const deciding = Array.from({ length: 50 }, () => gate.decide(costing("$1")));
    for (const decision of await Promise.all(deciding)) expect(decision.outcome).toBe("allow");
    await turn();
    expect((await checked(gate)).length).toBeGreaterThan(0);
    await check();
  });

  it("names where the log's other chains end, by name, and never its own", async () => {
    const [log, clock] = [memoryLog(), manualClock()];
    const others = ["zeta", "alpha", "Omega"].map((chain) => fixture({ log, clock, chain }, 1000).gate);
    for (const other of others) await decide(other);
    const { gate } = fixture({ log, clock, chain: "main" });
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
    const { gate, check } = fixture({}, 2);
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

describe("a gate with checkpoints that goes on with a chain", () => {
  it("reads what it did not write itself, once, and counts from the last checkpoint there", async () => {
    const sound = memoryLog();
    let reads = 0;
    const log: ReceiptLog = {
      ...sound,
      read(query) {
        reads += 1;
        return sound.read(query);
      },
    };
    const options = { log, clock: manualClock(), signer: createSigner(), chain: "main" };
    const before = fixture(options);
    await decide(before.gate, 4);
    expect(await shape(before.gate)).toBe("KDDPDD");
    reads = 0;
    const after = fixture(options);
    // The third since the last checkpoint.
    await decide(after.gate);
    await turns(10);
    await decide(after.gate, 2);
    expect(await shape(before.gate)).toBe("KDDPDDDPDD");
    expect(reads).toBe(2);
    await after.gate.close();
    expect(await shape(after.gate)).toBe("KDDPDDDPDDPC");
    expect((await checked(after.gate)).length).toBe(3);
    expect(after.failures).toEqual([]);
    await after.check();
  });

  it("decides while it reads, and writes the checkpoint when it has", async () => {
    const sound = memoryLog();
    const options = { clock: manualClock(), signer: createSigner(), chain: "main" };
    const before = fixture({ ...options, log: sound });
    await decide(before.gate, 400);
    let go = (): void => undefined;
    const gateway = new Promise<void>((resolve) => {
      go = resolve;
    });
    const log: ReceiptLog = {
      ...sound,
      async *read(query) {
        let count = 0;
        for await (const receipt of sound.read(query)) {
          if (++count === 300) await gateway;
          yield receipt;
        }
      },
    };
    const after = fixture({ ...options, log });
    await decide(after.gate, 10);
    const known = (await checked(before.gate)).length;
    go();
    while ((await checked(before.gate)).length === known) await turn();
    await checked(before.gate);
    expect(after.failures).toEqual([]);
  });

  it("closes in time where reading hangs: without a checkpoint, and tells so", async () => {
    const sound = memoryLog();
    const options = { clock: manualClock(), signer: createSigner(), chain: "main" };
    await decide(fixture({ ...options, log: sound }).gate, 4);
    let go = (): void => undefined;
    const hanging = new Promise<void>((resolve) => {
      go = resolve;
    });
    let shown = 0;
    const log: ReceiptLog = {
      ...sound,
      async *read(query) {
        for await (const receipt of sound.read(query)) {
          shown += 1;
          yield receipt;
          await hanging;
        }
      },
    };
    const { timers } = options.clock;
    const after = fixture({ ...options, log });
    await decide(after.gate);
    const closing = after.gate.close();
    await pass(options.clock, 6000);
    await closing;
    expect(after.failures).toEqual([expect.stringMatching(/^checkpoint: .*did not answer within 5000 ms/)]);
    expect((await all(sound.read())).at(-1)?.body.type).toBe("close");
    expect(options.clock.timers).toBe(timers);
    // Nobody needs the rest any more.
    go();
    await turns(10);
    expect(shown).toBe(2);
  });

  it.each<[string, (receipt: Receipt, index: number) => Receipt | null]>([
    ["lacks receipts", (receipt, index) => (index === 1 ? null : receipt)],
    ["ends too early", (receipt, index) => (index > 4 ? null : receipt)],
    [
      "shows a changed receipt",
      (receipt, index) =>
        index === 1 && receipt.body.type === "decision"
          ? { ...receipt, body: { ...receipt.body, action: { ...receipt.body.action, name: "other" } } }
          : receipt,
    ],
  ])("signs no root over a log that %s; it tells so, goes on deciding, and asks again", async (_, change) => {
    const sound = memoryLog();
    const options = { clock: manualClock(), signer: createSigner(), chain: "main" };
    await decide(fixture({ ...options, log: sound }).gate, 4);
    let isDamaged = true;
    const log: ReceiptLog = {
      ...sound,
      async *read(query) {
        let index = 0;
        for await (const receipt of sound.read(query)) {
          const shown = isDamaged ? change(receipt, index++) : receipt;
          if (shown !== null) yield shown;
        }
      },
    };
    const { gate, clock, failures } = fixture({ ...options, log });
    await decide(gate, 10);
    await turns(10);
    expect((await all(sound.read())).filter(({ body }) => body.type === "checkpoint")).toHaveLength(1);
    expect(failures).toEqual([expect.stringMatching(/^checkpoint: .* do not lead from 0 to \d+/)]);
    isDamaged = false;
    await pass(clock, minute);
    await turns(10);
    expect(checkedCheckpoints(await all(sound.read()))).toHaveLength(2);
  });
});

describe("a gate with checkpoints whose log fails", () => {
  it.each(["rejects", "throws", "hangs"] as const)("takes the tree back when it %s", async (failure) => {
    const log = new FailingLog();
    const { gate, clock, check, failures } = fixture({ log });
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
    const { gate, failures } = fixture({
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
    const { gate, clock, failures } = fixture({ log });
    await decide(gate, 20);
    expect(await shape(gate)).not.toContain("P");
    expect(failures).toEqual(["checkpoint: Error: no such table"]);
    await pass(clock, minute);
    expect(failures).toHaveLength(2);
    await gate.close();
  });
});
