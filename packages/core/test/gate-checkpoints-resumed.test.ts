import { createSigner, memoryLog, type Receipt, type ReceiptLog } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { pass, turn } from "./broken-ledger.ts";
import { checkedCheckpoints } from "./checked-checkpoints.ts";
import { all, checked, checkpointFixture, decide, minute, shape } from "./checkpoint-fixture.ts";
import { turns } from "./passing-time.ts";

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
    const before = checkpointFixture(options);
    await decide(before.gate, 4);
    expect(await shape(before.gate)).toBe("KDDPDD");
    reads = 0;
    const after = checkpointFixture(options);
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
    const before = checkpointFixture({ ...options, log: sound });
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
    const after = checkpointFixture({ ...options, log });
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
    await decide(checkpointFixture({ ...options, log: sound }).gate, 4);
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
    const after = checkpointFixture({ ...options, log });
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
    await decide(checkpointFixture({ ...options, log: sound }).gate, 4);
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
    const { gate, clock, failures } = checkpointFixture({ ...options, log });
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
