import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decisionContent, noon, openChain, testSigner } from "../../test/sample-receipts.ts";
import { InvalidConfig } from "../errors.ts";
import type { SignatureBatch } from "../receipt/signature-batch.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { type SignaturePool, signaturePool } from "./signature-pool.ts";

/** A batch of no signatures; its memory goes to the thread. */
function nothing(): SignatureBatch {
  return {
    keys: [],
    key: new Uint32Array(0),
    sizes: new Uint32Array(0),
    messages: new Uint8Array(0),
    signatures: new Uint8Array(0),
  };
}

/** Enough for several batches to be under way at once. */
const lines = chainLines(400);
/** The first receipts, and where one batch ends and the next begins. */
const places = [0, 1, 127, 128, 300];

type Mutation = (log: readonly string[], at: number) => readonly string[];

/** What a thief or a bad disk may do to the line at a place. */
const mutations: Readonly<Record<string, Mutation>> = {
  "nothing was done": (log) => log,
  "a signature is another": forge,
  "a last character is another": replace(/."}$/, 'B"}'),
  "a time is another": replace(/"time":"2/, '"time":"1'),
  "a name is another": replace(/gpt-4o/, "gpt-4x"),
  "a link is another": unlink,
  "a kid is another": replace(/"kid":"[^"]{43}","sig"/, `"kid":"${"A".repeat(43)}","sig"`),
  "a space was put in": replace(/^/, " "),
  "a line is no JSON": replace(/.*/, "{"),
  "a line is gone": (log, at) => log.toSpliced(at, 1),
  "a line is there twice": (log, at) => log.toSpliced(at, 0, log[at] ?? ""),
  "two lines are swapped": (log, at) => log.toSpliced(at, 2, ...log.slice(at, at + 2).reverse()),
  "the end is cut off": (log, at) => log.slice(0, at),
  "three signatures are others": (log, at) => [at, at + 1, at + 90].reduce(forge, log),
  "a signature is another, and there is a break before it": (log, at) =>
    unlink(forge(log, at), Math.max(0, at - 1)),
  "a signature is another, and there is a break after it": (log, at) => forge(log, at).toSpliced(at + 1, 1),
};

describe("a pool of threads that check signatures", () => {
  let pool: SignaturePool;
  beforeAll(() => {
    pool = signaturePool(2);
  });
  afterAll(() => pool.close());

  it.each(Object.entries(mutations))("makes no difference to the report where %s", async (_what, mutate) => {
    const keys = [testSigner().publicKey];
    for (const at of places) {
      const log = mutate(lines, at);
      const report = await verifyChain(log, { keys });
      expect(await verifyChain(log, { keys, signatures: pool })).toEqual(report);
      const isChanged = log.some((line, index) => line !== lines[index]);
      if (isChanged) expect(report.verdict).toBe("broken");
    }
  });

  it.each([0, -1, 1.5, Number.NaN])("cannot have %s threads", (threads) => {
    expect(() => signaturePool(threads)).toThrow(InvalidConfig);
  });

  it("verifies nothing when its thread dies, then or later", async () => {
    const dying = signaturePool(1);
    const [first, second] = [dying.check({ ...nothing(), keys: null as never }), dying.check(nothing())];
    await expect(first).rejects.toThrow(/a thread failed/);
    await expect(second).rejects.toThrow(/a thread failed/);
    await expect(dying.check(nothing())).rejects.toThrow(/a thread failed/);
    await expect(verifyChain(lines, { signatures: dying })).rejects.toThrow(/a thread failed/);
    await dying.close();
  });
});

function replace(from: RegExp, to: string): Mutation {
  return (log, at) => log.map((line, index) => (index === at ? line.replace(from, to) : line));
}

function forge(log: readonly string[], at: number): readonly string[] {
  return replace(/"sig":"./, '"sig":"_')(log, at);
}

function unlink(log: readonly string[], at: number): readonly string[] {
  return replace(/"prev":"sha256:./, '"prev":"sha256:g')(log, at);
}

function chainLines(count: number): readonly string[] {
  const { chain, opening } = openChain();
  const entries = Array.from({ length: count - 1 }, (_, index) =>
    chain.seal(decisionContent(), noon + index),
  );
  return [opening, ...entries].map(({ json }) => json);
}
