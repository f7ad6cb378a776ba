import { describe, expect, it } from "vitest";
import { countingIds, decisionContent, keyContent, noon, testSigner } from "../../test/sample-receipts.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { createChain, type ReceiptChain } from "./chain.ts";
import { ChainTree } from "./chain-tree.ts";
import type { FollowedChain } from "./checkpoint-plan.ts";
import { checkpoints } from "./checkpoints.ts";
import { memoryLog } from "./memory-log.ts";
import { MerkleFrontier } from "./merkle.ts";
import type { SealedReceipt } from "./receipt-log.ts";

/** A chain with so many receipts in its log, and what a gate lends of it. */
function followed(receipts: number, firstId = 0): { parts: FollowedChain; sealed: SealedReceipt[] } {
  const log = memoryLog({ maxReceipts: 100_000 });
  const signer = testSigner();
  const chain = createChain({ chain: "main", signer, newId: countingIds(firstId) });
  const sealed = Array.from({ length: receipts }, (_, index) =>
    chain.seal(index === 0 ? keyContent(signer) : decisionContent(), noon),
  );
  for (const entry of sealed) log.append(entry);
  const parts: FollowedChain = {
    chain,
    signer,
    log,
    clock: manualClock(),
    inTime: (_who, answer) => answer,
    write: () => undefined,
    report: () => undefined,
  };
  return { parts, sealed };
}

function rootOf(sealed: readonly SealedReceipt[]): string {
  const tree = new MerkleFrontier();
  for (const { json } of sealed) tree.append(json);
  return tree.root();
}

function seal(chain: ReceiptChain): SealedReceipt {
  return chain.seal(decisionContent(), noon);
}

describe("the tree over a chain", () => {
  it("goes back as far as the log went, and on from there", () => {
    const { parts, sealed } = followed(1);
    const tree = new ChainTree(parts);
    for (const entry of sealed) tree.add(entry);
    const heads = [parts.chain.head];
    for (let count = 0; count < 20; count++) {
      const entry = seal(parts.chain);
      sealed.push(entry);
      tree.add(entry);
      heads.push(parts.chain.head);
    }
    for (const length of [21, 20, 13, 5, 1]) {
      tree.goTo(heads[length - 1] ?? null);
      expect(tree.tip?.tree.root(), `${length}`).toBe(rootOf(sealed.slice(0, length)));
    }
    parts.chain.resume(heads[0] ?? null);
    const next = seal(parts.chain);
    tree.add(next);
    expect(tree.tip?.tree.root()).toBe(rootOf([...sealed.slice(0, 1), next]));
    tree.goTo(null);
    expect(tree.tip?.tree.size).toBe(0);
  });

  it("is read from the log where that has another receipt in the same place, or goes back too far", async () => {
    const mine = followed(5);
    const theirs = followed(5, 500);
    const tree = new ChainTree({ ...mine.parts, log: theirs.parts.log });
    for (const entry of mine.sealed) tree.add(entry);
    tree.goTo(theirs.parts.chain.head);
    expect(tree.tip).toBeNull();
    await tree.ready();
    expect(tree.tip?.tree.root()).toBe(rootOf(theirs.sealed));

    const long = followed(1200);
    const far = new ChainTree(long.parts);
    for (const entry of long.sealed) far.add(entry);
    far.goTo(followed(100).parts.chain.head);
    expect(far.tip).toBeNull();
    await far.ready();
    expect(far.tip?.tree.root()).toBe(rootOf(long.sealed.slice(0, 100)));
  });

  it("is known again in the end, however often a reading is overtaken", async () => {
    const { parts, sealed } = followed(700);
    const tree = new ChainTree(parts);
    tree.goTo(parts.chain.head);
    const waiting = tree.ready();
    tree.goTo(followed(300).parts.chain.head);
    tree.goTo(parts.chain.head);
    const entry = seal(parts.chain);
    tree.add(entry);
    await waiting;
    expect(tree.tip?.tree.root()).toBe(rootOf([...sealed, entry]));
  });
});

it("no checkpoint is signed over a tree that is not the chain's own", () => {
  const { parts } = followed(3);
  // Moved on behind the back of whoever follows it.
  const chain = checkpoints().follow(parts);
  expect(() => chain.seal({ type: "checkpoint", size: 0, root: "" }, noon)).toThrow(
    /receipts before the checkpoint are not known/,
  );
  expect(chain.head?.seq).toBe(2);
});
