import { describe, expect, it } from "vitest";
import { type Members, rootSigner, sampleLog, TestChain } from "../../test/sample-log.ts";
import { testSigner } from "../../test/sample-receipts.ts";
import { checkSignatures, type SignatureBatch, type SignatureChecker } from "./signature-batch.ts";
import { verifyChain } from "./verify-chain.ts";

const stop: Members = { type: "stop", run: "run-1", reason: "enough" };

/** Checks elsewhere, as far as a copy through a message is elsewhere, and later. */
function elsewhere(): SignatureChecker & { readonly batches: SignatureBatch[] } {
  const batches: SignatureBatch[] = [];
  return {
    batches,
    async check(batch) {
      batches.push(batch);
      await Promise.resolve();
      const { messages, signatures } = batch;
      return checkSignatures(
        structuredClone(batch, { transfer: [messages.buffer, signatures.buffer] as never }),
      );
    },
  };
}

/** Both reports, which must be the same to the letter. */
async function reportOf(lines: readonly string[]): Promise<unknown> {
  const options = { keys: [rootSigner().publicKey, testSigner().publicKey] };
  const here = await verifyChain(lines, options);
  expect(await verifyChain(lines, { ...options, signatures: elsewhere() })).toEqual(here);
  return here.break?.reason ?? here.verdict;
}

describe("signatures that are checked elsewhere", () => {
  it("leave the report as it is, for a log that holds and for one that does not", async () => {
    const log = sampleLog();
    expect(await reportOf(log)).toBe("authentic");
    expect(await reportOf([])).toBe("empty");
    for (const [index, line] of log.entries()) {
      const forged = line.replace(/"sig":"(..)/, '"sig":"AB');
      expect(await reportOf(log.with(index, forged))).toBe("bad_signature");
      expect(await reportOf(log.with(index, line.replace(/.."}$/, '__"}')))).toBe("bad_signature");
      expect(await reportOf(log.with(index, line.replace(/"kid":"(..)/, '"kid":"AB')))).not.toBe("authentic");
      expect(await reportOf(log.with(index, line.slice(1)))).toBe("not_json");
      expect(await reportOf(log.toSpliced(index, 1))).not.toBe("bound");
    }
    const fork = new TestChain("main");
    fork.add(stop);
    expect(await reportOf([...log.slice(0, 4), fork.lines[1]!])).toBe("fork");
    expect(await reportOf([...log.slice(0, 4), fork.lines[1]!.replace("enough", "enoug")])).toBe(
      "sequence_repeat",
    );
  });

  it("leave the report as it is, whichever of two flaws comes first", async () => {
    const chain = new TestChain("main");
    for (let count = 1; count < 1300; count++) chain.add(stop);
    const forge = (line: string) => line.replace("enough", "enoug");
    const { lines } = chain;
    expect(await reportOf(lines)).toBe("authentic");
    for (const [signature, gap] of [
      [700, 900],
      [900, 700],
      [511, 512],
      [512, 511],
      [1299, 600],
    ] as const) {
      const changed = lines.with(signature, forge(lines[signature]!)).toSpliced(gap, 1);
      expect(await reportOf(changed)).toBe(signature < gap ? "bad_signature" : "sequence_gap");
    }
  });

  it("come in batches that are not many at once", async () => {
    const chain = new TestChain("main");
    for (let count = 1; count < 750; count++) chain.add(stop);
    let [underWay, most] = [0, 0];
    const checker = elsewhere();
    const signatures: SignatureChecker = {
      concurrency: 2,
      async check(batch) {
        underWay += 1;
        most = Math.max(most, underWay);
        const first = await checker.check(batch);
        // Each waits for another to come, as long as one may.
        while (underWay < 2 && checker.batches.length < 6) await Promise.resolve();
        underWay -= 1;
        return first;
      },
    };
    expect(await verifyChain(chain.lines, { signatures })).toMatchObject({
      verdict: "bound",
      receipts: 750,
    });
    expect(checker.batches.length).toBe(6);
    expect(most).toBe(2);
  });

  it("make a batch of few receipts that are long", async () => {
    const chain = new TestChain("main");
    for (let count = 0; count < 9; count++) chain.add({ ...stop, reason: "x".repeat(300_000) });
    const signatures = elsewhere();
    expect(await verifyChain(chain.lines, { signatures })).toMatchObject({ verdict: "bound" });
    expect(signatures.batches.length).toBeGreaterThan(1);
  });

  it("fail the verification when they cannot be checked", async () => {
    const signatures = { check: () => Promise.reject(new Error("the worker is gone")) };
    await expect(verifyChain(sampleLog(), { signatures })).rejects.toThrow("the worker is gone");
  });
});

describe("a batch of signatures", () => {
  it("is told by its first that does not hold, with keys that are none as well", async () => {
    const batches: SignatureBatch[] = [];
    await verifyChain(sampleLog(), {
      signatures: {
        async check(batch) {
          batches.push(batch);
          return -1;
        },
      },
    });
    const [batch] = batches;
    if (batch === undefined) throw new Error("there is one");
    expect(checkSignatures(batch)).toBe(-1);
    for (let index = 0; index < batch.sizes.length; index++) {
      const signatures = batch.signatures.slice();
      signatures[index * 64 + 5]! ^= 1;
      expect(checkSignatures({ ...batch, signatures })).toBe(index);
    }
    const none = { ...batch, keys: batch.keys.with(0, "A".repeat(43)) };
    expect(checkSignatures(none)).toBe(0);
  });
});
