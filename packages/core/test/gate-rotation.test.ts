import { createGate, createSigner, gateBudget, InvalidConfig, memoryLog, type Receipt } from "@tollgate/core";
import { endorse, endorsedSigner, type RootSigner, renewKeys, withEndorsement } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
import { describe, expect, it } from "vitest";
import { pass } from "./broken-ledger.ts";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, gateFixture } from "./gate-fixture.ts";
import { turns } from "./passing-time.ts";
import { SeededRandom } from "./seeded-random.ts";
import { slowLog } from "./slow-log.ts";

const budgets = [dollars("$50")];
const minute = 60_000;

async function all(receipts: AsyncIterable<Receipt>): Promise<Receipt[]> {
  const read: Receipt[] = [];
  for await (const receipt of receipts) read.push(receipt);
  return read;
}

describe("a gate that goes over to another key", () => {
  it("goes on with its chain, which still verifies from its first key alone", async () => {
    const { gate, check, receipts } = gateFixture({ budgets });
    await gateBudget(gate, costing("$1"));
    const next = createSigner();
    await gate.rotate(next);
    await gateBudget(gate, costing("$1"));
    await gate.close();
    const written = await receipts();
    expect(new Set(written.map(({ kid }) => kid)).size).toBe(2);
    expect(written.at(-1)?.kid).toBe(next.kid);
    await check();
  });

  it("does so in the midst of decisions, each of which is under one key or the other", async () => {
    const log = slowLog(memoryLog(), new SeededRandom(1));
    const { gate, check, receipts } = gateFixture({ budgets, log });
    const deciding = Array.from({ length: 10 }, () => gate.decide(costing("$1")));
    await Promise.race(deciding);
    const rotating = gate.rotate(createSigner());
    deciding.push(...Array.from({ length: 10 }, () => gate.decide(costing("$1"))));
    await rotating;
    for (const decision of await Promise.all(deciding)) expect(decision.outcome).toBe("allow");
    expect(new Set((await receipts()).map(({ kid }) => kid)).size).toBe(2);
    await check();
  });

  it("may do so before it has written anything", async () => {
    const { gate, check } = gateFixture({ budgets });
    await gate.rotate(createSigner());
    expect((await all(gate.receipts())).map(({ body }) => body.type)).toEqual(["key", "key"]);
    await check();
  });

  it("stays under the old key when that cannot be recorded, and can be told again", async () => {
    const log = new FailingLog();
    const { gate, check, receipts } = gateFixture({ budgets, log });
    await gateBudget(gate, costing("$1"));
    log.failure = "rejects";
    const next = createSigner();
    await expect(gate.rotate(next)).rejects.toThrow(/ENOSPC/);
    log.failure = "none";
    await gateBudget(gate, costing("$1"));
    expect(new Set((await receipts()).map(({ kid }) => kid)).size).toBe(1);
    await gate.rotate(next);
    await gateBudget(gate, costing("$1"));
    expect((await receipts()).at(-1)?.kid).toBe(next.kid);
    await check();
  });

  it("is under the new key when the log kept the receipt after all", async () => {
    const log = new FailingLog();
    const fixture = gateFixture({ budgets, log });
    await gateBudget(fixture.gate, costing("$1"));
    log.failure = "hangs";
    const rotating = fixture.gate.rotate(createSigner());
    rotating.catch(() => undefined);
    await new Promise(setImmediate);
    fixture.clock.advance(5000);
    await expect(rotating).rejects.toThrow(/did not answer/);
    log.failure = "none";
    log.answer();
    await new Promise(setImmediate);
    await gateBudget(fixture.gate, costing("$1"));
    expect(new Set((await fixture.receipts()).map(({ kid }) => kid)).size).toBe(2);
    await fixture.check();
  });

  it("refuses a signer that is none, and does nothing once it is closed", async () => {
    const { gate } = gateFixture({ budgets });
    await expect(gate.rotate({ ...createSigner(), kid: "me" })).rejects.toThrow(InvalidConfig);
    await gate.close();
    await expect(gate.rotate(createSigner())).rejects.toThrow(/is closed/);
  });
});

describe("a gate over a chain of another key", () => {
  it("goes over to its own before anything else, given the earlier one", async () => {
    const [log, clock] = [memoryLog(), manualClock()];
    const [first, second] = [createSigner(), createSigner()];
    const before = gateFixture({ budgets, log, clock, signer: first, chain: "main" });
    await gateBudget(before.gate, costing("$1"));
    const options = { budgets, log, clock, signer: second, formerSigners: [first], chain: "main" };
    for (let time = 0; time < 2; time++) await gateBudget(gateFixture(options).gate, costing("$1"));
    const written = await all(log.read());
    expect(written.map(({ body, kid }) => `${body.type} ${kid === first.kid ? 1 : 2}`)).toEqual([
      "key 1",
      "decision 1",
      "key 1",
      "decision 2",
      "decision 2",
    ]);
    expect(await verifyChain(written, { keys: [first.publicKey] })).toMatchObject({ verdict: "authentic" });
  });

  it("denies where it is given another one", async () => {
    const [log, clock] = [memoryLog(), manualClock()];
    await gateBudget(gateFixture({ log, clock, chain: "main" }).gate, costing("$1"));
    const { gate } = gateFixture({ log, clock, chain: "main", formerSigners: [createSigner()] });
    expect(await gate.decide(costing("$1"))).toMatchObject({ code: "receipt_log_failed" });
    expect(() => createGate({ formerSigners: [{ ...createSigner(), kid: "me" }] })).toThrow(InvalidConfig);
  });
});

describe("a gate under an endorsed key", () => {
  const root = createSigner();

  it("has the endorsement on record, and again when its chain is gone on with", async () => {
    const [log, clock] = [memoryLog(), manualClock()];
    const local = createSigner();
    const endorsed = async () =>
      withEndorsement(local, await endorse(root, local, { ttlMs: 10 * minute, clock }));
    for (let time = 0; time < 2; time++) {
      const { gate } = gateFixture({ log, clock, signer: await endorsed(), chain: "main" });
      await gateBudget(gate, costing("$1"));
      clock.advance(20 * minute);
    }
    const written = await all(log.read());
    expect(written.map(({ body }) => body.type)).toEqual(["key", "decision", "key", "decision"]);
    const report = await verifyChain(written, { keys: [root.publicKey] });
    expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
    expect(await verifyChain(written, { keys: [createSigner().publicKey] })).toMatchObject({
      verdict: "broken",
      break: { reason: "untrusted_key", seq: 0 },
    });
  });

  it("denies once that has run out, until it goes over to another, and then records what it owes", async () => {
    const clock = manualClock();
    const next = async (notBefore: number) => {
      const signer = createSigner();
      return withEndorsement(signer, await endorse(root, signer, { ttlMs: 10 * minute, clock, notBefore }));
    };
    const signer = await next(clock.now());
    const { gate, receipts } = gateFixture({ budgets, clock, signer, reservationTtlMs: 60 * minute });
    const permit = await gateBudget(gate, costing("$1"));
    clock.advance(10 * minute + 1);
    expect(await gate.decide(costing("$1"))).toMatchObject({ code: "signer_failed", permit: null });
    expect(await permit.settle({ amounts: { usd: 7n } })).toMatchObject({
      outcome: "settled",
      receipt: null,
    });
    expect((await gate.decide(costing("$1"))).reason).toMatch(/endorsed from .* only/);
    await expect(gate.rotate(createSigner())).rejects.toThrow(/endorsed, too/);
    await gate.rotate(await next(clock.now()));
    expect((await receipts()).map(({ body }) => body.type)).toEqual(["decision", "settlement"]);
    await gateBudget(gate, costing("$1"));
    expect((await receipts()).map(({ body }) => body.type)).toEqual(["decision", "settlement", "decision"]);
    const report = await verifyChain(await all(gate.receipts()), { keys: [root.publicKey] });
    expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
  });
});

describe("a gate whose keys are renewed", () => {
  const root = createSigner();
  const ttlMs = 10 * minute;

  it("goes on for as long as it likes, and verifies from the root alone", async () => {
    const clock = manualClock();
    const { gate } = gateFixture({ budgets, clock, signer: await endorsedSigner(root, { ttlMs, clock }) });
    const end = renewKeys(gate, root, { ttlMs, clock });
    for (let time = 0; time < 10; time++) {
      await gateBudget(gate, costing("$1"));
      await pass(clock, 6 * minute);
    }
    end();
    const { timers } = clock;
    await pass(clock, 6 * minute);
    expect(clock.timers).toBeLessThanOrEqual(timers);
    const written = await all(gate.receipts());
    expect(new Set(written.map(({ kid }) => kid)).size).toBeGreaterThan(8);
    const report = await verifyChain(written, { keys: [root.publicKey] });
    expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
  });

  it("denies while the root is away for too long, and goes on when it is back", async () => {
    const clock = manualClock();
    const failures: string[] = [];
    let isAway = false;
    const service: RootSigner = {
      publicKey: root.publicKey,
      sign: async (bytes) => {
        if (isAway) throw new Error("AccessDenied");
        return root.sign(bytes);
      },
    };
    const signer = await endorsedSigner(service, { ttlMs, clock });
    const { gate, receipts } = gateFixture({ clock, signer });
    const onFailure = (cause: unknown): void => {
      failures.push(String(cause));
      throw new Error("nobody listens");
    };
    const end = renewKeys(gate, service, { ttlMs, clock, onFailure });
    await gateBudget(gate, costing("$1"));
    isAway = true;
    await pass(clock, 12 * minute, 48);
    expect(await gate.decide(costing("$1"))).toMatchObject({ code: "signer_failed" });
    expect(failures.length).toBeGreaterThan(5);
    expect(failures[0]).toMatch(/AccessDenied/);
    isAway = false;
    await pass(clock, minute, 4);
    await gateBudget(gate, costing("$1"));
    end();
    expect((await receipts()).filter(({ body }) => body.type === "decision")).toHaveLength(2);
    const report = await verifyChain(await all(gate.receipts()), { keys: [root.publicKey] });
    expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
  });

  it("is not renewed any more once that was ended, also where the root is just being asked", async () => {
    const clock = manualClock();
    let answer = (): void => undefined;
    const slow: RootSigner = {
      publicKey: root.publicKey,
      sign: (bytes) =>
        new Promise((resolve) => {
          answer = () => resolve(root.sign(bytes));
        }),
    };
    const { gate } = gateFixture({ clock, signer: await endorsedSigner(root, { ttlMs, clock }) });
    await gateBudget(gate, costing("$1"));
    const end = renewKeys(gate, slow, { ttlMs, clock });
    const before = clock.timers;
    await pass(clock, 5 * minute);
    end();
    answer();
    await turns(5);
    expect(clock.timers).toBe(before - 1);
    expect(new Set((await all(gate.receipts())).map(({ kid }) => kid)).size).toBe(1);
  });

  it("is not renewed in a way that makes no sense", async () => {
    const { gate } = gateFixture();
    expect(() => renewKeys(gate, root, { ttlMs: 0 })).toThrow(InvalidConfig);
    expect(() => renewKeys(gate, root, { ttlMs: 10, everyMs: 0.5 })).toThrow(InvalidConfig);
  });
});
