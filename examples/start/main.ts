// docs/start.md, step by step. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createOpenAI } from "@ai-sdk/openai";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { tool } from "ai";
import * as z from "zod";
import "./five-lines.ts";

// Each answer comes to $0.04 and a bit: 4,000 tokens of output at $10 per million.
const usage = { inputTokens: 120, outputTokens: 4000 };
const provider = await startMockProvider(() => ({ text: "All is well.", usage }));
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const invoices = tool({ inputSchema: z.object({ month: z.string() }), execute: () => [] });
const tools = { invoices };
const prompt = "How was the quarter?";

// #region five-lines
import { gateModel, gateTools } from "@tollgate/ai-sdk";
import { ActionDenied, createGate, createSigner, formatAmount } from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { generateText } from "ai";

const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["user"] }] });
const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });
await generateText({ model: gateModel(openai("gpt-4o"), run), tools: gateTools(tools, run), prompt });
// #endregion

let denial: ActionDenied | null = null;
while (denial === null) {
  // #region denied
  try {
    await generateText({ model: gateModel(openai("gpt-4o"), run), tools: gateTools(tools, run), prompt });
  } catch (error) {
    if (!(error instanceof ActionDenied)) throw error;
    denial = error;
  }
  // #endregion
}
assert.match(
  denial.message,
  /^llm "gpt-4o" denied: budget "daily" \(user=alice\) has \$0\.0\d+ left of \$5\.00 until \d{4}-\d\d-\d\dT00:00:00\.000Z; this call can come to \$0\.0\d+$/,
);
assert.equal(denial.refusal.reasonCode, "budget_exceeded");
assert.equal(denial.terminal, false);
const answered = provider.count();

// #region balances
for (const { budget, partition, spent, limit } of await gate.balances()) {
  console.log(budget, partition, formatAmount("usd", spent), "of", formatAmount("usd", limit ?? 0n));
}
// #endregion
const [daily] = await gate.balances();
assert.ok(daily !== undefined && daily.spent <= 5_000_000_000n && daily.held === 0n);
assert.deepEqual([answered, daily.spent], [124, 4_997_200_000n]);

const bob = gate.run({ tenant: "acme", user: "bob" });
await generateText({ model: gateModel(openai("gpt-4o"), bob), prompt });

// #region receipts
for await (const { body } of gate.receipts({ run: bob.id })) {
  if (body.type === "decision") console.log(body.decision.outcome, body.action.name, body.action.subject);
  if (body.type === "settlement") console.log(body.outcome, body.source, body.usage, body.amounts);
}
// #endregion
for await (const { body } of gate.receipts({ run: bob.id })) {
  if (body.type !== "settlement") continue;
  assert.deepEqual(
    body.amounts.map(({ unit, amount }) => `${amount} ${unit}`),
    ["1 calls", "120 input_tokens", "4000 output_tokens", "4120 tokens", "40300000 usd"],
  );
}
const types = new Map<string, number>();
for await (const { body } of gate.receipts({ run: run.id })) {
  types.set(body.type, (types.get(body.type) ?? 0) + 1);
}
assert.deepEqual(Object.fromEntries(types), { decision: answered + 1, settlement: answered });
await gate.close();

const folder = await mkdtemp(join(tmpdir(), "tollgate-start-"));
const path = join(folder, "receipts.jsonl");
const keyPath = join(folder, "gate-key.json");
const seed = crypto.getRandomValues(new Uint8Array(32));

// #region keep
const kept = createGate({
  budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["user"] }],
  log: fileLog(path),
  signer: createSigner({ seed }),
});
await writeFile(keyPath, JSON.stringify(kept.publicKey));
// #endregion

await generateText({ model: gateModel(openai("gpt-4o"), kept.run({ user: "alice" })), prompt });
// #region close
await kept.close();
// #endregion

function verify() {
  const program = fileURLToPath(import.meta.resolve("./verify.ts"));
  const args = ["--conditions=tollgate-source", program, path, keyPath];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, said: stdout.trim() };
}
assert.deepEqual(verify(), { status: 0, said: "authentic: 4 receipts, closed" });

const honest = await readFile(path, "utf8");
await writeFile(path, honest.replace('"output_tokens":4000', '"output_tokens":4'));
assert.deepEqual(verify(), {
  status: 1,
  said: "broken at line 3: its signature does not fit: it was changed after signing",
});
// A cut end breaks nothing: all that can be seen is that the chain was not closed.
await writeFile(path, honest.split("\n").slice(0, 2).join("\n"));
assert.deepEqual(verify(), { status: 0, said: "authentic: 2 receipts, not closed" });
await writeFile(path, honest);
await writeFile(keyPath, JSON.stringify(createSigner().publicKey));
assert.match(verify().said, /^broken at line 1: key .* is not among those trusted$/);

await rm(folder, { recursive: true });
await provider.stop();
