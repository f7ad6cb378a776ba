import { describe, expect, it } from "vitest";
import { signedLine } from "../../test/sample-log.ts";
import {
  chainFrom,
  decisionContent,
  keyContent,
  noon,
  openChain,
  sampleChain,
  testDigest,
  testSigner,
} from "../../test/sample-receipts.ts";
import { MerkleFrontier } from "./merkle.ts";
import type { ReceiptInput } from "./receipt-text.ts";
import { verifyChain } from "./verify-chain.ts";

const trusted = { keys: [testSigner().publicKey] };

function lines(): string[] {
  return sampleChain().map(({ json }) => json);
}

function rootOf(sealed: readonly { readonly json: string }[]): string {
  const tree = new MerkleFrontier();
  for (const { json } of sealed) tree.append(json);
  return tree.root();
}

describe("a chain that nobody touched", () => {
  it("is authentic under a trusted key and bound without one", async () => {
    expect(await verifyChain(lines(), trusted)).toMatchObject({
      verdict: "authentic",
      receipts: 6,
      break: null,
    });
    expect(await verifyChain(lines())).toMatchObject({ verdict: "bound", receipts: 6, break: null });
  });

  it("is summed up by what it ends with", async () => {
    const last = sampleChain().at(-1)!;
    const report = await verifyChain(lines());
    expect(report.open).toBe(0);
    expect(report.chains).toEqual([
      {
        chain: "main",
        receipts: 6,
        from: 0,
        seq: 5,
        digest: last.digest,
        time: last.receipt.body.time,
        kids: [testSigner().kid],
        closed: true,
        root: rootOf(sampleChain()),
        covered: 0,
      },
    ]);
  });

  it("may come as text, as bytes or as objects, at once or bit by bit", async () => {
    const sealed = sampleChain();
    const encoder = new TextEncoder();
    async function* mixed(): AsyncGenerator<ReceiptInput> {
      for (const [index, { receipt, json }] of sealed.entries()) {
        yield [receipt, json, encoder.encode(json)][index % 3]!;
      }
    }
    expect(await verifyChain(mixed(), trusted)).toMatchObject({ verdict: "authentic", receipts: 6 });
    expect(await verifyChain(sealed.map(({ receipt }) => receipt))).toMatchObject({
      verdict: "bound",
      receipts: 6,
    });
  });

  it("may share a stream with others", async () => {
    const [a, b] = [
      openChain({ chain: "a" }),
      openChain({ chain: "b", signer: testSigner(2), firstId: 900 }),
    ];
    const stream = [
      a.opening,
      b.opening,
      b.chain.seal(decisionContent(), noon),
      a.chain.seal({ type: "close" }, noon),
      b.chain.seal(decisionContent(), noon + 1),
    ].map(({ json }) => json);
    const keys = [testSigner(1).publicKey, testSigner(2).publicKey];
    const report = await verifyChain(stream, { keys });
    expect(report).toMatchObject({ verdict: "authentic", receipts: 5, open: 2 });
    expect(report.chains.map(({ chain, seq, closed }) => ({ chain, seq, closed }))).toEqual([
      { chain: "a", seq: 1, closed: true },
      { chain: "b", seq: 2, closed: false },
    ]);
    const halfTrusted = await verifyChain(stream, { keys: keys.slice(0, 1) });
    expect(halfTrusted.break).toMatchObject({ reason: "untrusted_key", chain: "b", seq: 0, index: 1 });
  });
});

describe("lines of a file that were moved", () => {
  it("are noticed where one is missing, except at the end", async () => {
    for (let gone = 0; gone < 5; gone++) {
      const report = await verifyChain(lines().toSpliced(gone, 1), trusted);
      expect(report).toMatchObject({ verdict: "broken", receipts: gone });
      expect(report.break).toMatchObject({ reason: "sequence_gap", index: gone, seq: gone, chain: "main" });
    }
  });

  it("cannot be noticed at a cut end, which is why the summary says that the chain is not closed", async () => {
    for (let kept = 1; kept < 6; kept++) {
      const report = await verifyChain(lines().slice(0, kept), trusted);
      expect(report).toMatchObject({ verdict: "authentic", receipts: kept });
      expect(report.chains[0]).toMatchObject({ closed: false, seq: kept - 1 });
    }
  });

  it("are noticed where two are swapped", async () => {
    for (let first = 0; first < 5; first++) {
      const [a, b] = [lines()[first]!, lines()[first + 1]!];
      const report = await verifyChain(lines().toSpliced(first, 2, b, a), trusted);
      expect(report.break).toMatchObject({ reason: "sequence_gap", index: first, seq: first });
    }
  });

  it("are noticed where one is repeated", async () => {
    for (let twice = 0; twice < 6; twice++) {
      const report = await verifyChain(lines().toSpliced(twice, 0, lines()[twice]!), trusted);
      const reason = twice === 5 ? "after_close" : "sequence_repeat";
      expect(report.break).toMatchObject({ reason, index: twice + 1, seq: twice + 1 });
    }
  });

  it("are noticed where one comes from another chain of the same key", async () => {
    const { chain, opening } = openChain();
    const other = [opening, chain.seal(decisionContent(), noon), chain.seal(decisionContent(), noon)];
    const report = await verifyChain(lines().toSpliced(2, 1, other[2]!.json), trusted);
    expect(report.break).toMatchObject({ reason: "previous_digest", index: 2, seq: 2 });
  });

  it("are noticed where there is none left", async () => {
    expect(await verifyChain([], trusted)).toMatchObject({ verdict: "broken", break: { reason: "empty" } });
    expect(await verifyChain([])).toMatchObject({ verdict: "broken", break: { reason: "empty" } });
  });
});

describe("keys", () => {
  /** Key 1 opens the chain and hands it over to key 2. */
  function handedOver(): string[] {
    const { chain, opening } = openChain();
    const handover = chain.seal(keyContent(testSigner(2)), noon);
    const next = chainFrom(chain.head, testSigner(2), 50);
    return [opening, handover, next.seal(decisionContent(), noon), next.seal({ type: "close" }, noon)].map(
      (s) => s.json,
    );
  }

  it("are trusted when a trusted key endorsed them", async () => {
    const report = await verifyChain(handedOver(), trusted);
    expect(report).toMatchObject({ verdict: "authentic", receipts: 4 });
    expect(report.chains[0]?.kids).toEqual([testSigner(1).kid, testSigner(2).kid]);
  });

  it("are not trusted for having been endorsed by an untrusted one", async () => {
    const report = await verifyChain(handedOver(), { keys: [testSigner(2).publicKey] });
    expect(report.break).toMatchObject({ reason: "untrusted_key", index: 0, seq: 0 });
  });

  it("are all untrusted when the list of trusted ones is empty", async () => {
    expect(await verifyChain(lines(), { keys: [] })).toMatchObject({
      break: { reason: "untrusted_key", index: 0 },
    });
  });

  it("no longer sign once they handed over", async () => {
    const { chain, opening } = openChain();
    const handover = chain.seal(keyContent(testSigner(2)), noon);
    const old = chainFrom({ ...chain.head!, kid: testSigner(1).kid }, testSigner(1), 50);
    const stream = [opening, handover, old.seal(decisionContent(), noon)].map(({ json }) => json);
    expect(await verifyChain(stream)).toMatchObject({ break: { reason: "unknown_key", index: 2, seq: 2 } });
  });

  it("open a chain by themselves, not by another's signature", async () => {
    const named = { ...openChain().opening.receipt.body, ...keyContent(testSigner(2)) };
    const line = signedLine(named, testSigner(1));
    expect(await verifyChain([line])).toMatchObject({ break: { reason: "missing_key", index: 0, seq: 0 } });
  });

  it("are in the chain before anything is signed with them", async () => {
    const head = {
      chain: "main",
      seq: -1,
      digest: testDigest("0"),
      time: "2025-11-20T12:00:00.000Z",
      kid: testSigner(2).kid,
      closed: false,
    };
    const stranger = chainFrom(head, testSigner(2));
    const { receipt } = stranger.seal(decisionContent(), noon);
    const first = { ...receipt, body: { ...receipt.body, prev: null } };
    expect(await verifyChain([first])).toMatchObject({ break: { reason: "missing_key", index: 0, seq: 0 } });
  });
});

describe("a verifier", () => {
  it("stops at the first receipt that does not hold and closes its source", async () => {
    let pulled = 0;
    let closed = false;
    async function* source(): AsyncGenerator<string> {
      try {
        for (const line of lines().toSpliced(2, 1)) {
          pulled++;
          yield line;
        }
      } finally {
        closed = true;
      }
    }
    expect(await verifyChain(source())).toMatchObject({ verdict: "broken", receipts: 2 });
    expect({ pulled, closed }).toEqual({ pulled: 3, closed: true });
  });

  it("rejects when its source does, rather than calling what it saw the whole", async () => {
    async function* source(): AsyncGenerator<string> {
      yield* lines().slice(0, 3);
      throw new Error("the disk is gone");
    }
    await expect(verifyChain(source())).rejects.toThrow("the disk is gone");
  });
});
