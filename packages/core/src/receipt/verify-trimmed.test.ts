import { describe, expect, it } from "vitest";
import { TestChain } from "../../test/sample-log.ts";
import {
  decisionContent,
  settlementContent,
  testDigest,
  testId,
  testSigner,
} from "../../test/sample-receipts.ts";
import { checkSignatures } from "./signature-batch.ts";
import { verifyChain } from "./verify-chain.ts";
import type { VerifyOptions } from "./verify-options.ts";
import type { VerifyReport } from "./verify-report.ts";

const stop = { type: "stop", run: "run-1", reason: "enough" };
const keys = [testSigner(1).publicKey];
const trimmed: VerifyOptions = { keys, trimmed: true };

/** 0 key, 1 stop, 2 checkpoint, 3 key, 4 stop, 5 checkpoint, 6 key, 7 checkpoint, 8 stop, 9 checkpoint, 10 close. */
function chainOfThreeKeys(): TestChain {
  const chain = new TestChain("main", testSigner(1));
  chain.add(stop);
  chain.add(chain.checkpoint());
  chain.rotate(testSigner(2));
  chain.add(stop);
  chain.add(chain.checkpoint());
  chain.rotate(testSigner(3));
  chain.add(chain.checkpoint());
  chain.add(stop);
  chain.add(chain.checkpoint());
  chain.add({ type: "close" });
  return chain;
}

const { lines } = chainOfThreeKeys();
const keySeqs = [0, 3, 6];
const checkpointSeqs = [2, 5, 7, 9];

/** From where these receipts are whole, in order as they are; null when something is missing that may not be. */
function wholeFrom(seqs: readonly number[]): number | null {
  const isRun = (run: readonly number[]): boolean => run.every((seq, index) => seq === (run[0] ?? 0) + index);
  if (seqs[0] !== 0) return null;
  if (isRun(seqs)) return 0;
  for (const anchor of checkpointSeqs) {
    const at = seqs.indexOf(anchor);
    if (at < 0) continue;
    const kept = keySeqs.filter((seq) => seq < anchor);
    if (seqs.slice(0, at).join() === kept.join() && isRun(seqs.slice(at))) return anchor;
  }
  return null;
}

function pick(seqs: readonly number[]): readonly string[] {
  return seqs.map((seq) => lines[seq] ?? "");
}

function verify(seqs: readonly number[], options = trimmed): Promise<VerifyReport> {
  return verifyChain(pick(seqs), options);
}

describe("a chain whose beginning was dropped", () => {
  it("holds exactly where its keys and all from a checkpoint on are there, whichever receipts are taken away", async () => {
    const held: number[] = [];
    for (let set = 1; set < 2 ** lines.length; set++) {
      const seqs = lines.map((_, seq) => seq).filter((seq) => (set >> seq) % 2 === 1);
      const from = wholeFrom(seqs);
      const report = await verify(seqs);
      expect([seqs, report.verdict]).toEqual([seqs, from === null ? "broken" : "authentic"]);
      if (from === null) continue;
      held.push(from);
      expect(report.chains).toMatchObject([{ from, receipts: seqs.length, seq: seqs.at(-1) }]);
      expect(report.chains[0]?.root === null).toBe(from > 0);
    }
    // Every chain that is cut at its end, from each place that it may begin at.
    expect([0, ...checkpointSeqs].map((from) => held.filter((place) => place === from).length)).toEqual([
      11, 9, 6, 4, 2,
    ]);
  });

  it("holds in no other order, and with no receipt twice", async () => {
    for (const seqs of checkpointSeqs.map((anchor) => [
      ...keySeqs.filter((seq) => seq < anchor),
      ...lines.map((_, seq) => seq).filter((seq) => seq >= anchor),
    ])) {
      expect((await verify(seqs)).verdict).toBe("authentic");
      for (let one = 0; one < seqs.length; one++) {
        for (let other = 0; other < seqs.length; other++) {
          const moved = seqs.toSpliced(one, 1).toSpliced(other, 0, seqs[one] as number);
          if (moved.join() !== seqs.join())
            expect([moved, (await verify(moved)).verdict]).toEqual([moved, "broken"]);
          const twice = seqs.toSpliced(other, 0, seqs[one] as number);
          expect([twice, (await verify(twice)).verdict]).toEqual([twice, "broken"]);
        }
      }
    }
  });

  it("takes no receipt of another chain, though the same keys signed it", async () => {
    const other = new TestChain("main", testSigner(1), 500);
    for (const line of lines.slice(1)) {
      const { type } = JSON.parse(line).body;
      if (type === "key") other.rotate(testSigner(other.signer.kid === testSigner(1).kid ? 2 : 3));
      else if (type === "checkpoint") other.add(other.checkpoint());
      else other.add({ ...stop, reason: "another history" });
    }
    const seqs = [0, 3, 5, 6, 7, 8, 9];
    for (const at of seqs.slice(2)) {
      const mixed = seqs.map((seq) => (seq === at ? other : { lines }).lines[seq] ?? "");
      const report = await verifyChain(mixed, trimmed);
      expect([at, report.verdict, report.break?.reason]).toEqual([at, "broken", "previous_digest"]);
    }
  });

  it("is reported the same where signatures are checked elsewhere", async () => {
    const check = async (batch: Parameters<typeof checkSignatures>[0]): Promise<number> =>
      checkSignatures(batch);
    for (const seqs of [
      [0, 3, 5, 6, 7],
      [0, 2, 3],
      [0, 5, 6],
      [0, 3],
      [0, 3, 5, 7],
      [0, 3, 5, 5],
    ]) {
      expect(await verify(seqs, { ...trimmed, signatures: { check } })).toEqual(await verify(seqs));
    }
  });

  it("is broken for whoever did not ask for such", async () => {
    for (const options of [{ keys }, { keys, trimmed: false }, { keys, partial: true }]) {
      expect((await verify([0, 2, 3], options)).break).toMatchObject({
        reason: "sequence_gap",
        index: 1,
        seq: 1,
      });
    }
  });

  it("must have every head that is known from its anchor on", async () => {
    const seqs = [0, 3, 5, 6, 7];
    for (let seq = 0; seq < 12; seq++) {
      const heads = [{ chain: "main", seq, digest: testDigest("f") }];
      const { verdict } = await verify(seqs, { ...trimmed, heads });
      // Of what was dropped nobody can tell; all else is another, or is missing.
      expect([seq, verdict]).toEqual([seq, [1, 2, 4].includes(seq) ? "authentic" : "broken"]);
    }
  });
});

describe("settlements where decisions may have been dropped", () => {
  const allow = { ...decisionContent({ reservation: testId(1) }), id: testId(1) };
  const settled = settlementContent(testId(1), { reservation: testId(1) });

  async function endings(...contents: readonly object[]): Promise<string> {
    const chain = new TestChain("main", testSigner(1), 100);
    for (const content of contents) chain.add({ ...content });
    const report = await verifyChain(chain.lines, trimmed);
    return report.break?.reason ?? report.verdict;
  }

  it("may end what is not there, but once", async () => {
    expect(await endings(settled)).toBe("authentic");
    expect(await endings(settled, settled)).toBe("no_open_decision");
    expect(await endings(allow, settled, settled)).toBe("no_open_decision");
    expect(await endings(settled, allow, settled)).toBe("authentic");
  });
});
