import { createSigner, memoryLog, type Receipt } from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BusyCallers } from "./busy-callers.ts";
import { checkedCheckpoints } from "./checked-checkpoints.ts";
import { Fault, type FaultKind } from "./fault.ts";
import { faultyLedger } from "./faulty-ledger.ts";
import { faultyLog } from "./faulty-log.ts";
import { costing, dollars, gateFixture } from "./gate-fixture.ts";
import { turns, whileTimePasses } from "./passing-time.ts";
import { SeededRandom } from "./seeded-random.ts";
import { slowLedger } from "./slow-ledger.ts";
import { slowLog } from "./slow-log.ts";
import { watchedLedger } from "./watched-ledger.ts";

/** Runs for each method and kind of fault; each is a workload and a moment of its own. */
const runs = 6;
const calls = 25;

const failing: readonly FaultKind[] = ["throws", "rejects", "hangs before doing it", "hangs after doing it"];
const failingInAnyWay: readonly FaultKind[] = [...failing, "rejects after doing it"];

/**
 * The methods that can fail; how often a run calls each at least, as a rule; and how they can fail. What has
 * expired must be told of, a log that fails must not have done it, and signing is synchronous.
 */
const methods: readonly (readonly [string, number, readonly FaultKind[]])[] = [
  ["ledger.reserve", 20, failingInAnyWay],
  ["ledger.settle", 10, failingInAnyWay],
  ["ledger.release", 2, failingInAnyWay],
  ["ledger.extend", 4, failingInAnyWay],
  ["ledger.expire", 10, failing],
  ["ledger.nextExpiry", 5, failing],
  ["log.append", 40, failing],
  ["log.head", 1, failing],
  ["log.heads", 3, failing],
  ["signer.sign", 40, ["throws"]],
];

const faults = methods.flatMap(([method, most, kinds]) => kinds.map((kind) => ({ method, kind, most })));

const budgets = [
  dollars("$9", { by: ["user"] }),
  dollars("$7", { id: "run", per: "run" }),
  { id: "calls", limit: "1000 calls" },
];

let unhandled: unknown[] = [];
const note = (cause: unknown): void => {
  unhandled.push(cause);
};
beforeAll(() => {
  process.on("unhandledRejection", note);
});
afterAll(() => {
  process.off("unhandledRejection", note);
});

/** A busy gate that the fault strikes once; checks what must hold when all is over. */
async function survive(fault: Fault, random: SeededRandom): Promise<void> {
  unhandled = [];
  const clock = manualClock();
  const above: string[] = [];
  const watched = watchedLedger(clock, (balance) => above.push(balance));
  const ledger = faultyLedger(random.chance(70) ? slowLedger(watched, random) : watched, fault);
  const struckLog = faultyLog(memoryLog({ maxReceipts: 1_000_000 }), fault);
  const log = random.chance(50) ? slowLog(struckLog, random) : struckLog;
  const sound = createSigner({ seed: new Uint8Array(32).fill(7) });
  const sign = (bytes: Uint8Array): Uint8Array =>
    fault.call("signer.sign", () => sound.sign(bytes)) as Uint8Array;
  const signer = { kid: sound.kid, publicKey: sound.publicKey, sign };
  const fixture = gateFixture({
    clock,
    ledger,
    log,
    signer,
    budgets,
    reservationTtlMs: 20_000,
    checkpoints: checkpoints({ every: 1 + random.below(15), everyMs: 10_000 }),
  });
  const callers = new BusyCallers(fixture.gate, random);
  await whileTimePasses(clock, random, async () => {
    await callers.make(calls);
    fault.pass();
    // Long enough for what is owed to be paid, and for what was forgotten to expire.
    await turns(150);
    const late = await fixture.gate.decide(costing("$7"), { run: fixture.gate.run({ user: "eve" }) });
    expect(late, late.reason).toMatchObject({ outcome: "allow" });
    await late.permit?.release("only to see that the gate works");
    expect(await fixture.money("money")).toEqual({ spent: callers.spent, held: 0n });
    callers.check();
    expect(above).toEqual([]);
    await fixture.check();
    const receipts = await fixture.receipts();
    expect(endingsOfNothing(receipts)).toEqual([]);
    expect(checkedCheckpoints(await all(fixture.gate.receipts())).length).toBeGreaterThan(0);
  });
  expect(unhandled).toEqual([]);
}

async function all(receipts: AsyncIterable<Receipt>): Promise<Receipt[]> {
  const read: Receipt[] = [];
  for await (const receipt of receipts) read.push(receipt);
  return read;
}

/** Settlements of what no receipt before them has allowed. */
function endingsOfNothing(receipts: readonly Receipt[]): readonly Receipt[] {
  const allowed = new Set<string>();
  return receipts.filter(({ body }) => {
    if (body.type === "decision" && body.decision.outcome === "allow") allowed.add(body.id);
    return body.type === "settlement" && !allowed.has(body.decision);
  });
}

describe("a busy gate goes on after a single fault, with its books and receipts in order, when", () => {
  it.each(faults.map((fault, at) => ({ ...fault, at })))(
    "$method $kind",
    async ({ method, kind, most, at }) => {
      let struck = 0;
      for (let run = 0; run < runs; run++) {
        const seed = at * runs + run;
        const random = new SeededRandom(seed);
        const nth = 1 + random.below(most);
        const hanging = random.chance(30) ? Number.POSITIVE_INFINITY : 1 + random.below(40);
        const fault = new Fault({ method, kind, nth, turns: hanging });
        await survive(fault, random).catch((cause: unknown) => {
          throw new Error(`seed ${seed}, ${fault}: ${cause}`, { cause });
        });
        if (fault.hasStruck) struck += 1;
      }
      expect(struck).toBeGreaterThanOrEqual(runs / 2);
    },
  );
});
