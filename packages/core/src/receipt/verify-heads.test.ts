import { describe, expect, it } from "vitest";
import { type Members, TestChain } from "../../test/sample-log.ts";
import { testDigest, testSigner } from "../../test/sample-receipts.ts";
import { InvalidConfig } from "../errors.ts";
import { verifyChain } from "./verify-chain.ts";

const stop: Members = { type: "stop", run: "run-1", reason: "enough" };
const other: Members = { ...stop, reason: "something else" };

function chainOf(name: string, ...contents: readonly Members[]): TestChain {
  const chain = new TestChain(name);
  for (const content of contents) chain.add(content);
  return chain;
}

describe("a head that was kept elsewhere", () => {
  const chain = chainOf("main", stop, stop, stop);
  const digest = chain.head.digest;

  it("is found where it was, with whatever came after it", async () => {
    const early = chainOf("main", stop).head;
    for (const head of [early, chain.head]) {
      expect(await verifyChain(chain.lines, { heads: [head, head] })).toMatchObject({ verdict: "bound" });
    }
  });

  it("shows that a tail is missing, and from where", async () => {
    const report = await verifyChain(chain.lines.slice(0, 2), { heads: [chain.head] });
    expect(report).toMatchObject({ verdict: "broken", receipts: 2 });
    expect(report.break).toMatchObject({ reason: "missing_tail", index: 2, chain: "main", seq: 2 });
  });

  it("shows that a chain is missing, in part of a log, too", async () => {
    for (const partial of [false, true]) {
      const report = await verifyChain(chain.lines, { heads: [{ chain: "gone", seq: 7, digest }], partial });
      expect(report.break).toMatchObject({ reason: "missing_chain", index: 4, chain: "gone", seq: 0 });
    }
  });

  it("shows that another history was put in its place", async () => {
    const forged = chainOf("main", stop, other, stop);
    const report = await verifyChain(forged.lines, { heads: [{ ...chain.head, seq: 3 }] });
    expect(report.break).toMatchObject({ reason: "fork", index: 3, chain: "main", seq: 3 });
  });

  it("is named by its chain, the first by name, when several are missing", async () => {
    const heads = ["c", "b", "a"].map((name) => ({ chain: name, seq: 0, digest }));
    expect((await verifyChain(chain.lines, { heads })).break).toMatchObject({ chain: "a" });
  });

  it("may be one of very many", async () => {
    const heads = Array.from({ length: 200_000 }, (_, seq) => ({ chain: "gone", seq: seq + 5, digest }));
    const report = await verifyChain(chain.lines, { heads });
    expect(report.break).toMatchObject({ reason: "missing_chain", chain: "gone" });
    expect(report.break?.message).toContain("receipt 5 is known");
  });

  it("may not contradict another", async () => {
    const heads = [chain.head, { ...chain.head, digest: testDigest("0") }];
    await expect(verifyChain(chain.lines, { heads })).rejects.toThrow(InvalidConfig);
  });

  it("changes nothing about there being no receipts", async () => {
    expect((await verifyChain([], { heads: [chain.head], closed: true })).break).toMatchObject({
      reason: "empty",
    });
  });
});

describe("a chain that must be closed", () => {
  it("breaks at its end when it is not", async () => {
    const [open, closed] = [chainOf("b", stop), chainOf("a", { type: "close" })];
    const lines = [...open.lines, ...closed.lines];
    expect(await verifyChain(lines)).toMatchObject({ verdict: "bound" });
    expect((await verifyChain(lines, { closed: true })).break).toMatchObject({
      reason: "missing_tail",
      index: 4,
      chain: "b",
      seq: 2,
    });
    expect(await verifyChain(closed.lines, { closed: true })).toMatchObject({ verdict: "bound" });
    const open2 = chainOf("a");
    expect((await verifyChain([...open.lines, ...open2.lines], { closed: true })).break).toMatchObject({
      chain: "a",
      seq: 1,
    });
  });
});

describe("a second receipt for a place", () => {
  const chain = chainOf("main", stop, stop);
  const fork = chainOf("main", other, stop);

  it("is a fork when the chain's own key signed it", async () => {
    for (const [seq, line] of fork.lines.entries()) {
      const report = await verifyChain([...chain.lines, line]);
      const reason = seq === 0 ? "sequence_repeat" : "fork";
      expect(report.break).toMatchObject({ reason, index: 3, chain: "main", seq: 3 });
    }
  });

  it("is a fork when a key that the chain had before signed it", async () => {
    const rotated = chainOf("main", stop);
    rotated.rotate(testSigner(2));
    expect((await verifyChain([...rotated.lines, fork.lines[1]!])).break).toMatchObject({ reason: "fork" });
  });

  it("is none when somebody else signed it, or nobody", async () => {
    const stranger = new TestChain("main", testSigner(5));
    stranger.add(other);
    const unsigned = fork.lines[1]!.replace("something else", "something more");
    for (const line of [stranger.lines[1]!, unsigned]) {
      expect((await verifyChain([...chain.lines, line])).break).toMatchObject({ reason: "sequence_repeat" });
    }
  });
});

describe("a chain that another's checkpoint names", () => {
  function watched(): { readonly watched: TestChain; readonly watcher: TestChain } {
    const chain = chainOf("watched", stop, stop);
    const watcher = new TestChain("watcher");
    watcher.add(watcher.checkpoint([chain.head]));
    chain.add(stop);
    return { watched: chain, watcher };
  }

  it("may come before or after it, or in between", async () => {
    const { watched: a, watcher: b } = watched();
    for (let at = 0; at <= a.lines.length; at++) {
      expect(await verifyChain(a.lines.toSpliced(at, 0, ...b.lines))).toMatchObject({ verdict: "bound" });
    }
  });

  it("may not be another one: whichever of the two comes later breaks", async () => {
    const { watcher } = watched();
    const forged = chainOf("watched", stop, other, stop);
    expect((await verifyChain([...watcher.lines, ...forged.lines])).break).toMatchObject({
      reason: "fork",
      index: 4,
      chain: "watched",
      seq: 2,
    });
    expect((await verifyChain([...forged.lines, ...watcher.lines])).break).toMatchObject({
      reason: "fork",
      index: 5,
      chain: "watcher",
      seq: 1,
    });
  });

  it("may not be two: a checkpoint that contradicts another breaks", async () => {
    const { watched: a, watcher } = watched();
    const second = new TestChain("second");
    second.add(second.checkpoint([{ chain: "watched", seq: 2, digest: testDigest("0") }]));
    expect((await verifyChain([...watcher.lines, ...second.lines, ...a.lines])).break).toMatchObject({
      reason: "fork",
      index: 3,
      chain: "second",
      seq: 1,
    });
  });
});
