// Verifies one mutated log after another in one thread and in several, and prints how the reports differ.
//
//   node --conditions=tollgate-source packages/cli/test/compare-jobs.process.ts
import { isDeepStrictEqual } from "node:util";
import { createGate, memoryLog } from "@tollgate/core";
import { createSigner } from "@tollgate/core/signing";
import { verifyChain } from "@tollgate/core/verify";
import { signaturePool } from "../src/signature-pool.ts";

const signer = createSigner({ seed: new Uint8Array(32).fill(3) });
const lines = await manyLines(515);
/** The first and last receipts, and where one batch ends and the next begins. */
const places = [0, 1, 511, 512, 1024];

type Mutation = (log: readonly string[], at: number) => readonly string[];

/** What a thief or a bad disk may do to the line at a place. */
const mutations: Readonly<Record<string, Mutation>> = {
  unchanged: (log) => log,
  "another signature": forge,
  "another last character": replace(/."}$/, 'B"}'),
  "another time": replace(/"time":"2/, '"time":"1'),
  "another amount": replace(/"amount":"\d/, '"amount":"9'),
  "another link": unlink,
  "another kid": replace(/"kid":"[^"]{43}","sig"/, `"kid":"${"A".repeat(43)}","sig"`),
  "a space": replace(/^/, " "),
  "no JSON": replace(/.*/, "{"),
  deleted: (log, at) => log.toSpliced(at, 1),
  twice: (log, at) => log.toSpliced(at, 0, log[at] ?? ""),
  swapped: (log, at) => log.toSpliced(at, 2, ...log.slice(at, at + 2).reverse()),
  "cut off": (log, at) => log.slice(0, at),
  "three signatures": (log, at) => [at, at + 1, at + 300].reduce(forge, log),
  "a signature, and a break before it": (log, at) => unlink(forge(log, at), Math.max(0, at - 1)),
  "a signature, and a break after it": (log, at) => forge(log, at).toSpliced(at + 1, 1),
};

const pool = signaturePool(2);
const differences: string[] = [];
const reasons = new Set<string>();
let compared = 0;
for (const [name, mutate] of Object.entries(mutations)) {
  for (const at of places) {
    const log = mutate(lines, at);
    const options = { keys: [signer.publicKey] };
    const [one, many] = [
      await verifyChain(log, options),
      await verifyChain(log, { ...options, signatures: pool }),
    ];
    compared += 1;
    reasons.add(one.break?.reason ?? one.verdict);
    if (!isDeepStrictEqual(one, many))
      differences.push(`${name} at ${at}: ${JSON.stringify([one.break, many.break])}`);
  }
}
await pool.close();
console.log(JSON.stringify({ compared, reasons: [...reasons].sort(), differences }));

function replace(from: RegExp, to: string): Mutation {
  return (log, at) => log.map((line, index) => (index === at ? line.replace(from, to) : line));
}

function forge(log: readonly string[], at: number): readonly string[] {
  return replace(/"sig":"./, '"sig":"_')(log, at);
}

function unlink(log: readonly string[], at: number): readonly string[] {
  return replace(/"prev":"sha256:./, '"prev":"sha256:0')(log, at);
}

async function manyLines(decisions: number): Promise<string[]> {
  const log = memoryLog();
  const gate = createGate({ signer, log, budgets: [{ id: "all", limit: "$1000", per: "total" }] });
  for (let index = 0; index < decisions; index++) {
    const { permit } = await gate.decide({ kind: "tool", name: "pay", amounts: { usd: "$0.01" } });
    await permit?.settle();
  }
  await gate.close();
  const written: string[] = [];
  for await (const receipt of log.read()) written.push(JSON.stringify(receipt));
  return written;
}
