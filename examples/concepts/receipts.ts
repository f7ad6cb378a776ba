// docs/concepts/receipts.md: what verification shows and cannot show, keys, parameters, balances, the file log.
import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createGate,
  createSigner,
  type GateOptions,
  gateBudget,
  memoryLog,
  type Receipt,
} from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { checkpoints } from "@tollgate/core/signing";
import { proveReceipt, receiptLines, replayBalances, verifyChain, verifyProof } from "@tollgate/core/verify";

const budgets = [{ id: "daily", limit: "$5.00", per: "day" as const }];
const pay = {
  kind: "tool",
  name: "pay",
  params: { to: "bob", card: "4111" },
  amounts: { usd: "$0.25" },
} as const;

async function written(options: GateOptions = {}): Promise<readonly Receipt[]> {
  const gate = createGate({ budgets, ...options });
  await (await gateBudget(gate, pay)).settle();
  await (await gateBudget(gate, pay)).release("not sent");
  await gateBudget(gate, pay);
  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  return receipts;
}

const signer = createSigner();
const keys = [signer.publicKey];
const receipts = await written({ signer });
const verdictOf = async (stream: Parameters<typeof verifyChain>[0], trusted?: typeof keys) => {
  const report = await verifyChain(stream, trusted === undefined ? {} : { keys: trusted });
  return report.break === null ? report.verdict : `${report.verdict}: ${report.break.reason}`;
};
assert.equal(await verdictOf(receipts), "bound");
assert.equal(await verdictOf(receipts, keys), "authentic");
assert.equal(await verdictOf(receipts, [createSigner().publicKey]), "broken: untrusted_key");
assert.equal(await verdictOf(receipts, []), "broken: untrusted_key");
assert.equal(await verdictOf([]), "broken: empty");
assert.equal(await verdictOf(receipts.toSpliced(2, 1), keys), "broken: sequence_gap");
assert.equal(await verdictOf(receipts.slice(1), keys), "broken: sequence_gap");
assert.equal(
  await verdictOf([...receipts.slice(0, 2), ...receipts.slice(1)], keys),
  "broken: sequence_repeat",
);
const [first] = receipts;
assert.ok(first !== undefined);
assert.equal(
  await verdictOf([{ ...first, body: { ...first.body, id: crypto.randomUUID() } }]),
  "broken: malformed",
);

// A cut end leaves a sound chain: only an earlier head, kept elsewhere, or a missing close tells.
const cut = await verifyChain(receipts.slice(0, 3), { keys });
assert.deepEqual([cut.verdict, cut.chains[0]?.seq, cut.chains[0]?.closed], ["authentic", 2, false]);
// One call went through and has not ended.
assert.equal((await verifyChain(receipts, { keys })).open, 1);

// Who kept an earlier head, or knows that the gate was closed, notices a cut end.
const known = await verifyChain(receipts, { keys });
const cutEnd = receipts.slice(0, 3);
// #region verify
const strict = await verifyChain(cutEnd, { keys, heads: known.chains, closed: true });
console.log(strict.verdict, strict.break?.reason, strict.break?.seq);
// #endregion
assert.deepEqual([strict.verdict, strict.break?.reason, strict.break?.seq], ["broken", "missing_tail", 3]);

// One receipt of a chain with checkpoints, for somebody who is not to see the others.
const watched = createGate({
  budgets,
  signer,
  chain: "finance-bot-2",
  checkpoints: checkpoints({ every: 2 }),
});
const { receipt: decided } = await watched.decide(pay);
await watched.close();
const watchedLog: Receipt[] = [];
for await (const receipt of watched.receipts()) watchedLog.push(receipt);
assert.equal(await verdictOf(watchedLog, keys), "authentic");
assert.ok(decided !== null);
// #region prove
const proof = await proveReceipt(watchedLog, { id: decided.body.id });
const proven = verifyProof(proof, { keys });
console.log(proven.verdict, proven.receipt?.body.type, proven.checkpoint?.time);
// #endregion
assert.ok(proof.startsWith("c2sp.org/tlog-proof@v1\n"));
assert.deepEqual([proven.verdict, proven.receipt?.body], ["authentic", decided.body]);
assert.equal(verifyProof(proof, { keys: [] }).break?.reason, "untrusted_key");

// #region replay
for (const { budget, partition, window, unit, spent, held } of await replayBalances(receipts)) {
  console.log(budget, partition, window, unit, spent, held);
}
// #endregion
assert.deepEqual(
  (await replayBalances(receipts)).map(({ budget, spent, held }) => [budget, spent, held]),
  [["daily", 250_000_000n, 250_000_000n]],
);

// What receipts keep of the parameters.
const paramsOf = async (params: NonNullable<GateOptions["params"]>): Promise<string | undefined> => {
  const [, decision] = await written({ params });
  return decision?.body.type === "decision" ? decision.body.action.params : "no decision";
};
assert.equal(await paramsOf("digest"), undefined);
assert.equal(await paramsOf("full"), '{"card":"4111","to":"bob"}');
// #region params
const redacted = createGate({
  params: ({ kind, params }) => (kind === "tool" ? withoutCard(params) : undefined),
});
// #endregion
await redacted.decide(pay);
for await (const { body } of redacted.receipts()) {
  if (body.type === "decision") assert.equal(body.action.params, '{"to":"bob"}');
}
function withoutCard(params: unknown): unknown {
  const { card: _card, ...rest } = params as Record<string, unknown>;
  return rest;
}

// The memory log keeps the newest; what is left then starts in the middle.
assert.equal(await verdictOf(await written({ log: memoryLog({ maxReceipts: 3 }) })), "broken: sequence_gap");

const folder = await mkdtemp(join(tmpdir(), "tollgate-receipts-"));
const path = join(folder, "logs", "receipts.jsonl");
const seed = crypto.getRandomValues(new Uint8Array(32));

// #region file
const gate = createGate({
  budgets: [{ id: "daily", limit: "$5.00", per: "day" }],
  log: fileLog(path, { durability: "fsync" }),
  signer: createSigner({ seed }),
});
// #endregion
await (await gateBudget(gate, pay)).settle();
assert.throws(
  () => fileLog(path),
  /is open for writing already \(this process\), and it can have one writer only/,
);
assert.ok(existsSync(`${path}.lock`));
await gate.close();
assert.equal(existsSync(`${path}.lock`), false);

// A later process goes on in the same file, with a chain of its own under the same key.
const later = createGate({ budgets, log: fileLog(path), signer: createSigner({ seed }) });
await (await gateBudget(later, pay)).settle();
await later.close();
const lines = () => readFile(path).then((bytes) => receiptLines(new Blob([bytes]).stream()));
const report = await verifyChain(await lines(), { keys: [createSigner({ seed }).publicKey] });
assert.deepEqual(
  [report.verdict, report.chains.map(({ receipts: count, closed }) => [count, closed])],
  [
    "authentic",
    [
      [4, true],
      [4, true],
    ],
  ],
);
// A whole chain that is missing is not seen: who verifies must know which chains there are.
const onlyFirst = (await readFile(path, "utf8")).split("\n").slice(0, 4).join("\n");
assert.equal(await verdictOf(onlyFirst.split("\n"), [createSigner({ seed }).publicKey]), "authentic");

// A line that a crash cut short is removed on opening; a damaged one in the middle is not opened.
await appendFile(path, '{"body":{"chain":"');
const recovered = createGate({ log: fileLog(path), signer: createSigner({ seed }) });
assert.equal((await recovered.decide({ kind: "tool", name: "x" })).code, "allowed");
await recovered.close();
assert.equal(await verdictOf(await lines(), [createSigner({ seed }).publicKey]), "authentic");
await writeFile(path, `nonsense\n${onlyFirst}`);
const damaged = createGate({ log: fileLog(path) });
assert.equal((await damaged.decide({ kind: "tool", name: "x" })).code, "receipt_log_failed");

// A chain that was closed takes no more, and another key cannot take a chain over.
const log = memoryLog();
const named = () => createGate({ log, signer, chain: "finance-bot-1" });
await named().decide({ kind: "tool", name: "x" });
const other = createGate({ log, chain: "finance-bot-1" });
assert.equal((await other.decide({ kind: "tool", name: "x" })).code, "receipt_log_failed");
const resumed = named();
assert.equal((await resumed.decide({ kind: "tool", name: "x" })).receipt?.body.seq, 2);
await resumed.close();
assert.equal((await named().decide({ kind: "tool", name: "x" })).code, "receipt_log_failed");
await rm(folder, { recursive: true });
