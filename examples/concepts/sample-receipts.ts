// The receipts that docs/concepts/receipts.md shows: one whole chain, which verifies.
//
//   node examples/concepts/sample-receipts.ts --write    makes them anew
import { strict as assert } from "node:assert";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createGate, createSigner, gateBudget, type Receipt } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";

const cwd = new URL("./sample-receipts/", import.meta.url);
/** Known to everybody, so good for a sample only. */
const signer = createSigner({ seed: new Uint8Array(32).fill(7) });

if (process.argv.includes("--write")) {
  for (const name of names()) rmSync(new URL(name, cwd));
  for await (const receipt of makeChain()) {
    const { seq, type } = receipt.body;
    writeFileSync(new URL(`${seq}-${type}.json`, cwd), `${JSON.stringify(receipt, null, 2)}\n`);
  }
}

const receipts = names().map((name) => JSON.parse(readFileSync(new URL(name, cwd), "utf8")) as Receipt);
const report = await verifyChain(receipts, { keys: [signer.publicKey] });
assert.deepEqual([report.verdict, report.receipts, report.open], ["authentic", 8, 0], report.break?.message);
assert.equal(report.chains[0]?.closed, true);
assert.deepEqual(await replayBalances(receipts), [
  {
    budget: "daily",
    partition: "user=alice",
    window: "2026-03-02T00:00:00Z",
    unit: "usd",
    spent: 3_750_000n,
    held: 0n,
  },
]);

function names(): readonly string[] {
  return globSync("*.json", { cwd }).sort();
}

async function* makeChain(): AsyncIterable<Receipt> {
  const clock = manualClock(Date.parse("2026-03-02T09:15:00Z"));
  const gate = createGate({
    clock,
    signer,
    chain: "finance-bot-1",
    budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["user"] }],
    evaluators: [
      evaluator("payments", ({ name }) =>
        name === "pay_invoice"
          ? { decision: "require_approval", approver: "treasurer", reason: "payments need a person" }
          : { decision: "allow" },
      ),
    ],
  });
  const run = gate.run({ id: "invoice-run-7", tenant: "acme", user: "alice", agent: "finance-bot" });
  const permit = await gateBudget(run, {
    kind: "llm",
    provider: "openai",
    name: "gpt-4o",
    params: { prompt: "How was the quarter?" },
    maxOutputTokens: 500,
    step: 1,
  });
  clock.advance(1840);
  await permit.settle({ usage: { inputTokens: 900, outputTokens: 150 } });
  clock.advance(25);
  await gate.decide({ kind: "tool", name: "order_report", amounts: { usd: "$6.00" }, step: 2 }, { run });
  clock.advance(900);
  await gate.decide({ kind: "tool", name: "pay_invoice", params: { to: "bob" }, step: 3 }, { run });
  clock.advance(60_000);
  await run.stop("pulled by the operator");
  await gate.close();
  yield* gate.receipts();
}
