// The receipts that the tests and docs/reference/cli.md show: two chains of one log, which verify.
//
//   node --conditions=tollgate-source packages/cli/test/sample-log.ts --write    makes them anew
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createGate, type Gate, gateBudget, memoryLog, type Receipt } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { checkpoints, createSigner, type Signer } from "@tollgate/core/signing";
import { manualClock } from "@tollgate/core/testing";

/** Known to everybody, so good for a sample only. */
const signer: Signer = createSigner({ seed: new Uint8Array(32).fill(11) });

/** Where the sample is. */
export const sampleFolder: URL = new URL("./sample/", import.meta.url);

const rules = evaluator("house", ({ name }) => {
  if (name === "pay_invoice") {
    return { decision: "require_approval", approver: "treasurer", reason: "payments need a person" };
  }
  if (name === "drop_table") {
    return { decision: "deny", terminal: true, reason: "tables are never dropped", rule: "no-drops" };
  }
  return { decision: "allow" };
});

/** This caller can put another model into its call. */
const canSwap = { accepts: ["model"] } as const;

const llm = { kind: "llm", provider: "openai", name: "gpt-4o", maxOutputTokens: 500 } as const;

/** Everything that a log has in it: what was decided, asked, settled, refused and stopped. */
async function sampleReceipts(): Promise<readonly Receipt[]> {
  const clock = manualClock(Date.parse("2026-03-02T09:15:00Z"));
  const log = memoryLog();
  const open = (chain: string): Gate =>
    createGate({
      clock,
      signer,
      chain,
      log,
      checkpoints: checkpoints({ every: 10 }),
      evaluators: [rules],
      budgets: [
        { id: "daily", limit: "$5.00", per: "day", by: ["user"] },
        {
          id: "comfort",
          limit: "1500 tokens",
          per: "run",
          then: "degrade",
          degrade: { model: "gpt-4o-mini" },
        },
      ],
    });

  const invoices = open("invoices");
  const reports = open("reports");
  await payInvoice(invoices, clock.advance);
  await makeReport(reports, clock.advance);
  await reports.close();
  await invoices.close();
  const receipts: Receipt[] = [];
  for await (const receipt of log.read()) receipts.push(receipt);
  return receipts;
}

async function payInvoice(gate: Gate, wait: (ms: number) => void): Promise<void> {
  const run = gate.run({ id: "invoice-7", tenant: "acme", user: "alice", agent: "finance-bot" });
  const ask = await gateBudget(run, { ...llm, params: { prompt: "Which invoices are due?" } });
  wait(1840);
  await ask.settle({ usage: { inputTokens: 900, outputTokens: 150 } });
  wait(25);
  const search = await gateBudget(run, { kind: "tool", name: "search_invoices", params: { due: true } });
  wait(210);
  await search.settle();

  const reader = run.child({ id: "invoice-7-reader", agent: "reader" });
  const read = await gateBudget(
    reader,
    { ...llm, params: { prompt: "What does this invoice say?" } },
    canSwap,
  );
  wait(900);
  // Its stream was cut: nobody said what was used.
  await read.settle();

  const pay = {
    kind: "tool",
    name: "pay_invoice",
    params: { invoice: "INV-7" },
    amounts: { usd: "$1.20" },
  } as const;
  const asked = await gate.decide(pay, { run });
  wait(42_000);
  if (asked.approval !== null)
    await gate.approvals.grant(asked.approval.id, { by: "carol", reason: "is due" });
  wait(800);
  const paid = await gateBudget(run, pay);
  wait(300);
  await paid.settle({ amounts: { usd: 1_250_000_000n } });
  const thank = await gateBudget(run, { ...llm, params: { prompt: "Tell the customer." } }, canSwap);
  wait(40);
  await thank.release("the provider answered 503");
}

async function makeReport(gate: Gate, wait: (ms: number) => void): Promise<void> {
  const run = gate.run({ id: "report-8", tenant: "acme", user: "bob", agent: "reporter" });
  await gate.decide({ kind: "tool", name: "order_report", amounts: { usd: "$6.00" } }, { run });
  wait(15);
  await gate.decide({ kind: "tool", name: "drop_table", params: { table: "reports" } }, { run });
  wait(15);
  await gate.decide({ ...llm, params: { prompt: "What now?" } }, { run });
}

// Others that import this may be asked to write something of their own.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes("--write")) {
  mkdirSync(sampleFolder, { recursive: true });
  const lines = (await sampleReceipts()).map((receipt) => `${JSON.stringify(receipt)}\n`);
  writeFileSync(new URL("receipts.jsonl", sampleFolder), lines.join(""));
  writeFileSync(
    new URL("key.jwk", sampleFolder),
    `${JSON.stringify({ ...signer.publicKey, kid: signer.kid })}\n`,
  );
}
