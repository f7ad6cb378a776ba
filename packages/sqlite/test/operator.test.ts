import { createGate, createSigner, gateBudget, type Receipt, type ReceiptLog } from "@tollgate/core";
import { createOperator } from "@tollgate/core/operate";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { expect, it } from "vitest";
import { tempFile } from "./temp-folder.ts";

const topUp = {
  kind: "top_up",
  budget: "calls",
  partition: "",
  window: "total",
  unit: "calls",
  amount: -5n,
  by: "treasurer",
  reason: "approved for March",
} as const;

async function allOf(log: ReceiptLog): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of log.read()) receipts.push(receipt);
  return receipts;
}

it("what people do on a file survives the end of their processes, and replays to the file's balances", async () => {
  const path = tempFile();
  const signer = createSigner();
  const stuck = await (async () => {
    const file = sqliteFile(path);
    const gate = createGate({
      ledger: sqliteLedger(file),
      log: sqliteLog(file),
      signer,
      budgets: [{ id: "calls", limit: "10 calls", per: "total" }],
    });
    const call = { kind: "tool", name: "search", params: {} } as const;
    await (await gateBudget(gate, call)).settle();
    const held = await gateBudget(gate, call);
    const ledger = sqliteLedger(file);
    // As by a process that ended right after, so that there is no receipt of it.
    await ledger.adjust({ ...topUp, id: "lost" });
    return held.id;
  })();

  const file = sqliteFile(path);
  const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];
  const operators = [1, 2].map(() => createOperator({ ledger, log, signer }));
  const [one, other] = operators;
  const done = await Promise.all([
    one?.adjust({ ...topUp, id: "mine" }),
    other?.adjust({ ...topUp, id: "mine" }),
    one?.adjust({ ...topUp, kind: "correction", amount: 2n }),
  ]);
  expect(done.map((each) => each?.receipt.body.adjustment).slice(0, 2)).toEqual(["mine", "mine"]);
  await other?.release({ reservation: stuck, by: "ops", reason: "its worker is gone" });
  await Promise.all(operators.map((operator) => operator.close()));

  const receipts = await allOf(log);
  const told = receipts.flatMap(({ body }) => (body.type === "adjustment" ? [body.adjustment] : []));
  expect(new Set(told).size).toBe(3);
  expect(told).toContain("lost");
  expect(await verifyChain(receipts, { keys: [signer.publicKey] })).toMatchObject({
    verdict: "authentic",
    open: 0,
    break: null,
  });
  const balances = await ledger.balances({});
  expect(balances).toMatchObject([{ budget: "calls", spent: 1n - 5n - 5n + 2n, held: 0n }]);
  expect(await replayBalances(receipts)).toMatchObject([{ spent: -7n, held: 0n }]);
  await Promise.all([ledger.close(), log.close?.()]);
});
