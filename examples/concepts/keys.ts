// docs/concepts/receipts.md: signing keys in files, endorsement by a root, changing keys, checkpoints, many files.
import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGate, createSigner, type Gate, gateBudget, memoryLog, type Receipt } from "@tollgate/core";
import { createKeyFile, fileLog, readKeyFile, readPemFile } from "@tollgate/core/node";
import { checkpoints, endorse, endorsedSigner, renewKeys, withEndorsement } from "@tollgate/core/signing";
import { verifyChain } from "@tollgate/core/verify";

const clockIn = { kind: "tool", name: "clock_in" } as const;
const hour = 60 * 60 * 1000;
const day = 24 * hour;

const folder = await mkdtemp(join(tmpdir(), "tollgate-keys-"));
const keyPath = join(folder, "gate.jwk");
const rootPath = join(folder, "root.pem");

async function all(stream: AsyncIterable<Receipt>): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of stream) receipts.push(receipt);
  return receipts;
}

async function types(gate: Gate): Promise<string> {
  return (await all(gate.receipts())).map(({ body }) => body.type).join(" ");
}

// A key in a file, made once.
createKeyFile(keyPath);
assert.throws(() => createKeyFile(keyPath), /is there already, and a key is never overwritten/);
// #region keyfile
const gate = createGate({
  signer: readKeyFile(keyPath),
  log: memoryLog(),
  chain: "finance-bot",
});
// #endregion
await gateBudget(gate, clockIn);
chmodSync(keyPath, 0o644);
assert.throws(() => readKeyFile(keyPath), /is open to others \(mode 0644\)/);
chmodSync(keyPath, 0o600);

// Another key for a running gate: the old one signs the receipt that names it.
const oldKey = gate.publicKey;
// #region rotate
await gate.rotate(createSigner());
// #endregion
await gateBudget(gate, clockIn);
assert.equal(await types(gate), "key decision key decision");
assert.equal((await verifyChain(await all(gate.receipts()), { keys: [oldKey] })).verdict, "authentic");

// Another key from one start to the next.
const log = memoryLog();
const oldSigner = readKeyFile(keyPath);
const newSigner = createSigner();
await gateBudget(createGate({ log, chain: "finance-bot", signer: oldSigner }), clockIn);
// #region former
const restarted = createGate({
  log,
  chain: "finance-bot",
  signer: newSigner,
  formerSigners: [oldSigner],
});
// #endregion
await gateBudget(restarted, clockIn);
assert.equal(await types(restarted), "key decision key decision");
assert.equal(
  (await verifyChain(await all(log.read()), { keys: [oldSigner.publicKey] })).verdict,
  "authentic",
);

// A root key, which verifiers trust, endorses keys that live with the gate, for a day each.
const { privateKey } = generateKeyPairSync("ed25519");
await writeFile(rootPath, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
// #region endorsed
const root = readPemFile(rootPath);
const endorsed = createGate({ signer: await endorsedSigner(root, { ttlMs: day }) });
const stop = renewKeys(endorsed, root, { ttlMs: day });
// #endregion
await gateBudget(endorsed, clockIn);
stop();
await endorsed.close();
const written = await all(endorsed.receipts());
// #region root
const report = await verifyChain(written, { keys: [root.publicKey] });
// #endregion
assert.equal(report.verdict, "authentic");
const untrusting = await verifyChain(written, { keys: [createSigner().publicKey] });
assert.equal(untrusting.break?.reason, "untrusted_key");

// An offline root sees the public half only.
const local = readKeyFile(keyPath);
// #region offline
// Where the root is: the gate's public key comes in, the endorsement goes out.
const endorsement = await endorse(
  root,
  { publicKey: local.publicKey },
  { ttlMs: 30 * day, chain: "finance-bot" },
);
// Where the gate is:
const signer = withEndorsement(local, endorsement);
// #endregion
await gateBudget(createGate({ signer, chain: "finance-bot" }), clockIn);
const elsewhere = await createGate({ signer, chain: "other" }).decide(clockIn);
assert.equal(elsewhere.code, "signer_failed");
assert.match(elsewhere.reason, /endorsed for chain "finance-bot" only/);

// A key in a key management service signs asynchronously.
const kms = {
  sign: async ({ Message }: { Message: Uint8Array }) => ({ Signature: root.sign(Message) }),
};
// #region kms
const remoteRoot = {
  publicKey: root.publicKey,
  sign: async (bytes: Uint8Array) => (await kms.sign({ Message: bytes })).Signature,
};
// #endregion
assert.ok((await endorsedSigner(remoteRoot, { ttlMs: hour })).endorsement);

// Checkpoints, and a log in several files.
const path = join(folder, "receipts.jsonl");
// #region checkpoints
const audited = createGate({
  log: fileLog(path, { maxFileBytes: 100_000_000 }),
  checkpoints: checkpoints({ every: 1000, everyMs: 60_000 }),
});
// #endregion
await gateBudget(audited, clockIn);
await audited.close();
const reader = fileLog(path);
const [, , checkpoint, close] = await all(reader.read());
assert.equal(checkpoint?.body.type === "checkpoint" && checkpoint.body.size, 2);
assert.equal(close?.body.type, "close");
await reader.close?.();
const small = createGate({
  log: fileLog(path, { maxFileBytes: 1 }),
  checkpoints: checkpoints({ every: 2 }),
});
for (let count = 0; count < 3; count++) await gateBudget(small, clockIn);
await small.close();
assert.ok(existsSync(join(folder, "receipts.000001.jsonl")));
const both = fileLog(path);
const receipts = await all(both.read());
await both.close?.();
assert.equal((await verifyChain(receipts)).chains.length, 2);
// The second chain's checkpoints name where the first one ended: it cannot be gone as a whole unnoticed.
const heads = receipts.flatMap(({ body }) => (body.type === "checkpoint" ? (body.heads ?? []) : []));
assert.equal(heads[0]?.chain, audited.chain);
const secondAlone = receipts.filter(({ body }) => body.chain !== audited.chain);
assert.equal((await verifyChain(secondAlone)).break?.reason, "missing_chain");
await rm(folder, { recursive: true });
