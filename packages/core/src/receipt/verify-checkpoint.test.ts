import { describe, expect, it } from "vitest";
import { type Members, noteOf, TestChain } from "../../test/sample-log.ts";
import { testDigest, testSigner } from "../../test/sample-receipts.ts";
import { formatCheckpoint } from "./checkpoint-text.ts";
import { MerkleFrontier } from "./merkle.ts";
import { verifyChain } from "./verify-chain.ts";

const stop: Members = { type: "stop", run: "run-1", reason: "enough" };
const heads = ["a", "b"].map((chain) => ({ chain, seq: 3, digest: testDigest("1") }));

function chainOf(name = "main"): TestChain {
  const chain = new TestChain(name);
  chain.add(stop);
  chain.add(stop);
  return chain;
}

/** What a checkpoint with these changes comes to at the end of a chain. */
async function outcome(changes: (chain: TestChain) => Members, name?: string): Promise<string> {
  const chain = chainOf(name);
  chain.add({ ...chain.checkpoint(), ...changes(chain) });
  const report = await verifyChain(chain.lines, { partial: true });
  return report.break === null ? report.verdict : `${report.break.reason} at ${report.break.seq}`;
}

describe("a checkpoint", () => {
  it("holds when it is of the receipts before it", async () => {
    expect(await outcome(() => ({}))).toBe("bound");
    expect(await outcome(() => ({ note: undefined }))).toBe("bound");
    expect(await outcome(() => ({ heads }))).toBe("bound");
    expect(await outcome(() => ({ heads: [] }))).toBe("bound");
  });

  it("may come again and again, and after another key took over", async () => {
    const chain = chainOf();
    for (let round = 0; round < 5; round++) {
      chain.add(chain.checkpoint());
      chain.rotate(testSigner(round + 2));
      chain.add(stop);
      chain.add(chain.checkpoint());
    }
    const report = await verifyChain(chain.lines);
    expect(report).toMatchObject({ verdict: "bound", receipts: 23 });
    expect(report.chains[0]).toMatchObject({ covered: 22, root: chain.tree.root() });
  });

  it("may be of a chain whose name cannot stand in a note, but then has none", async () => {
    expect(await outcome(() => ({}), "night shift")).toBe("bound");
    const text = (chain: TestChain) =>
      formatCheckpoint({ origin: "tollgate/night shift", size: 3, root: chain.tree.root() });
    expect(await outcome((chain) => ({ note: noteOf(chain.signer, text(chain)) }), "night shift")).toBe(
      "bad_checkpoint at 3",
    );
  });

  const head = (chain: TestChain) => ({ origin: "tollgate/main", size: 3, root: chain.tree.root() });
  it.each<readonly [string, (chain: TestChain) => Members]>([
    ["covers less", () => ({ note: undefined, size: 2 })],
    ["covers itself", () => ({ note: undefined, size: 4 })],
    ["has another root", () => ({ note: undefined, root: testDigest("0") })],
    [
      "has the root of a receipt less",
      (chain) => ({ note: undefined, root: rootOf(chain.lines.slice(0, 2)) }),
    ],
    [
      "has the root of another order",
      (chain) => ({ note: undefined, root: rootOf(chain.lines.toReversed()) }),
    ],
    ["names its own chain", (chain) => ({ heads: [chain.head] })],
    ["names chains out of order", () => ({ heads: heads.toReversed() })],
    ["names a chain twice", () => ({ heads: [heads[0], heads[0]] })],
    ["has another key's note", (chain) => ({ note: noteOf(testSigner(2), formatCheckpoint(head(chain))) })],
    ["has a note of another size", (chain) => noteFor(chain, { ...head(chain), size: 2 })],
    ["has a note of another root", (chain) => noteFor(chain, { ...head(chain), root: testDigest("0") })],
    ["has a note of another chain", (chain) => noteFor(chain, { ...head(chain), origin: "tollgate/mail" })],
    [
      "has a note with spare bits",
      (chain) => ({ note: `${(chain.checkpoint().note as string).slice(0, -1)}_` }),
    ],
  ])("does not hold when it %s", async (_what, changes) => {
    expect(await outcome(changes)).toBe("bad_checkpoint at 3");
  });
});

function rootOf(lines: readonly string[]): string {
  const tree = new MerkleFrontier();
  for (const line of lines) tree.append(line);
  return tree.root();
}

function noteFor(chain: TestChain, head: Parameters<typeof formatCheckpoint>[0]): Members {
  return { note: noteOf(chain.signer, formatCheckpoint(head)) };
}

describe("time", () => {
  async function outcomeOf(times: readonly number[], timeToleranceMs?: number): Promise<string> {
    const chain = new TestChain("main", testSigner(), 0, { time: timeOf(0) });
    for (const time of times) chain.add({ ...stop, time: timeOf(time) });
    const report = await verifyChain(chain.lines, timeToleranceMs === undefined ? {} : { timeToleranceMs });
    return report.break === null ? report.verdict : `${report.break.reason} at ${report.break.seq}`;
  }

  const timeOf = (ms: number) => new Date(Date.UTC(2025, 10, 20) + ms).toISOString();

  it("may stand still but not go back", async () => {
    expect(await outcomeOf([0, 5, 5])).toBe("bound");
    expect(await outcomeOf([5, 4])).toBe("time_backwards at 2");
  });

  it("may go back as far as is tolerated, counted from the latest so far", async () => {
    expect(await outcomeOf([1000, 500, 0], 1000)).toBe("bound");
    expect(await outcomeOf([1000, 500, 0], 999)).toBe("time_backwards at 3");
    expect(await outcomeOf([1000, 500, 1000, 501, 502], 500)).toBe("bound");
  });
});
