import { createSigner, gateBudget, type Receipt } from "@tollgate/core";
import { checkpoints } from "@tollgate/core/signing";
import { verifyChain } from "@tollgate/core/verify";
import { afterAll, expect, it } from "vitest";
import { dropReceipts, migrate, postgresLog } from "../src/index.ts";
import { all, until } from "./fixture.ts";
import { costing, moneyGate } from "./money-gate.ts";
import { age } from "./old-receipts.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
const log = postgresLog(pool);

it("what is left of a gate's chain after two months were dropped still verifies, and goes on", async () => {
  const signer = createSigner();
  const other = moneyGate(pool, "$5");
  await (await gateBudget(other, costing("$0.01"))).settle();
  await other.close();
  const gate = moneyGate(pool, "$5", {
    chain: "main",
    signer,
    checkpoints: checkpoints({ every: 10, everyMs: 3_600_000 }),
  });
  const read = (): Promise<Receipt[]> => all(log.read({ chain: "main" }));
  const seqs = async (type: Receipt["body"]["type"]): Promise<readonly number[]> =>
    (await read()).filter(({ body }) => body.type === type).map(({ body }) => body.seq);
  const settle = async () => (await gateBudget(gate, costing("$0.01"))).settle();
  /** Calls until there is one checkpoint more, and some receipts after it; answers the last place. */
  const month = async (): Promise<number> => {
    const before = (await seqs("checkpoint")).length;
    await until(
      async () => {
        await settle();
        return (await seqs("checkpoint")).length;
      },
      (count) => count > before,
    );
    await settle();
    return (await read()).length - 1;
  };
  const first = await month();
  await gate.rotate(createSigner());
  const second = await month();
  await gate.rotate(createSigner());
  await month();
  const [, anchor = 0] = await seqs("checkpoint");
  const keys = await seqs("key");
  expect((await verifyChain(log.read())).verdict).toBe("bound");

  await age(pool, "2020-01", `chain = 'main' AND seq <= ${first}`);
  await age(pool, "2020-03", `chain = 'main' AND seq <= ${second}`);
  expect(await dropReceipts(pool, { before: new Date() })).toHaveLength(2);

  const left = (await read()).map(({ body }) => body.seq);
  expect(left.slice(0, 4)).toEqual([keys[0], keys[1], anchor, anchor + 1]);
  await settle();
  await gate.close();
  const report = await verifyChain(log.read({ chain: "main" }), {
    trimmed: true,
    partial: true,
    keys: [signer.publicKey],
  });
  expect(report).toMatchObject({
    verdict: "authentic",
    break: null,
    open: 0,
    chains: [{ chain: "main", from: anchor, closed: true, kids: { length: 3 } }],
  });
  expect((await verifyChain(log.read(), { trimmed: true })).break).toBeNull();
  expect((await verifyChain(log.read({ chain: "main" }), { partial: true })).verdict).toBe("broken");
});
