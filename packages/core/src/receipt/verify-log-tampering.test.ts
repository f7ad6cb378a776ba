import { describe, expect, it } from "vitest";
import { rootSigner, sampleLog } from "../../test/sample-log.ts";
import { receiptLines } from "./receipt-lines.ts";
import { verifyChain } from "./verify-chain.ts";
import type { VerifyOptions } from "./verify-options.ts";
import type { VerifyReport } from "./verify-report.ts";

const log = sampleLog();
const trusted: VerifyOptions = { keys: [rootSigner().publicKey], closed: true };
const places = log.map((line): { chain: string; seq: number; type: string } => JSON.parse(line).body);
const chains = [...new Set(places.map(({ chain }) => chain))];

/** The first line of `order`, as indexes into the log, that is not its chain's next; null when each is. */
function firstOutOfPlace(order: readonly number[]): object | null {
  const due = new Map<string, number>();
  const closed = new Set<string>();
  for (const [index, line] of order.entries()) {
    const { chain, seq, type } = places[line]!;
    const next = due.get(chain) ?? 0;
    const at = { index, chain, seq: next };
    if (closed.has(chain)) return { reason: "after_close", ...at };
    if (seq !== next) return { reason: seq > next ? "sequence_gap" : "sequence_repeat", ...at };
    due.set(chain, next + 1);
    if (type === "close") closed.add(chain);
  }
  // At the end: the first chain by name that does not end as it did, if any of it is there.
  for (const chain of [...due.keys()].sort()) {
    if (!closed.has(chain))
      return { reason: "missing_tail", index: order.length, chain, seq: due.get(chain) };
  }
  return null;
}

const order: readonly number[] = log.map((_, index) => index);

async function expectOrder(changed: readonly number[]): Promise<void> {
  const report = await verifyChain(
    changed.map((line) => log[line]!),
    trusted,
  );
  const expected = firstOutOfPlace(changed);
  if (expected === null) expect(report, `${changed}`).toMatchObject({ verdict: "authentic", break: null });
  else expect(report, `${changed}`).toMatchObject({ verdict: "broken", break: expected });
}

describe("a log of several chains, with checkpoints, endorsements and a rotation", () => {
  it("is authentic for who trusts the root alone", async () => {
    const report = await verifyChain(log, trusted);
    expect(report).toMatchObject({ verdict: "authentic", receipts: log.length, open: 0, break: null });
    expect(report.chains.map(({ chain, covered, closed }) => ({ chain, covered, closed }))).toEqual([
      { chain: "main", covered: 8, closed: true },
      { chain: "night shift", covered: 3, closed: true },
      { chain: "z", covered: 0, closed: true },
    ]);
    expect(new Set(places.map(({ type }) => type)).size).toBe(8);
  });

  it("is authentic in whatever order its chains come", async () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const names of orders.map((indexes) => indexes.map((index) => chains[index]))) {
      const sorted = names.flatMap((name) => order.filter((line) => places[line]!.chain === name));
      expect(sorted).toHaveLength(log.length);
      await expectOrder(sorted);
    }
  });

  it("breaks at the very line in which any byte is changed", { timeout: 180_000 }, async () => {
    const file = new TextEncoder().encode(log.map((line) => `${line}\n`).join(""));
    let line = 0;
    for (const [offset, byte] of file.entries()) {
      const changed = file.slice();
      changed[offset] = byte ^ (offset % 2 === 0 ? 0x01 : 0x20);
      const report = await verifyFile(changed);
      expect(report, `offset ${offset}`).toMatchObject({
        verdict: "broken",
        receipts: line,
        break: { index: line },
      });
      // Which chain a line is of may be what was changed, and no line tells once it cannot be read.
      if (report.break?.chain === places[line]?.chain) {
        expect(report.break?.seq, `offset ${offset}`).toBe(places[line]?.seq);
      }
      if (byte === 0x0a) line += 1;
    }
    expect(line).toBe(log.length);
  });

  it("breaks at the line that is cut, wherever the file ends", async () => {
    const file = new TextEncoder().encode(log.map((line) => `${line}\n`).join(""));
    for (let end = 1; end < file.length; end += 7) {
      if (file[end] === 0x0a || file[end - 1] === 0x0a) continue;
      const line = new TextDecoder().decode(file.subarray(0, end)).split("\n").length - 1;
      const report = await verifyFile(file.subarray(0, end));
      expect(report, `end ${end}`).toMatchObject({
        receipts: line,
        break: { reason: "not_json", index: line },
      });
    }
  });

  it("breaks where a line is gone, at the next one of its chain or at the end", async () => {
    for (const gone of order) await expectOrder(order.toSpliced(gone, 1));
  });

  it("breaks where two lines are swapped, unless every chain is still in order", async () => {
    for (const first of order) {
      for (const second of order.slice(first + 1)) {
        await expectOrder(order.with(first, second).with(second, first));
      }
    }
  });

  it("breaks where a line is repeated, at the second of the two", async () => {
    for (const twice of order) {
      for (let at = 0; at <= log.length; at++) await expectOrder(order.toSpliced(at, 0, twice));
    }
  });

  it("breaks where its tail is cut off, as far as a chain has begun", async () => {
    for (let end = 1; end < log.length; end++) await expectOrder(order.slice(0, end));
  });

  it("breaks wherever its tail is cut off for who knows where its chains ended", async () => {
    const heads = (await verifyChain(log)).chains;
    for (let end = 1; end < log.length; end++) {
      const report = await verifyChain(log.slice(0, end), { ...trusted, closed: false, heads });
      const [short] = chains
        .filter((chain) => places.slice(end).some((place) => place.chain === chain))
        .sort();
      const seq = places.slice(0, end).filter(({ chain }) => chain === short).length;
      const reason = seq === 0 ? "missing_chain" : "missing_tail";
      expect(report.break).toMatchObject({ reason, index: end, chain: short, seq });
    }
  });

  it("breaks where a whole chain is gone, unless it is known to be part of a log only", async () => {
    for (const gone of chains) {
      const rest = log.filter((_, line) => places[line]?.chain !== gone);
      const report = await verifyChain(rest, trusted);
      expect(report.break).toMatchObject({
        reason: "missing_chain",
        index: rest.length,
        chain: gone,
        seq: 0,
      });
      expect(await verifyChain(rest, { ...trusted, partial: true })).toMatchObject({ verdict: "authentic" });
    }
  });

  it("breaks where a chain that is there ends too early, though it may be part of a log only", async () => {
    const shift = order.filter((line) => places[line]?.chain === "night shift");
    const rest = log.filter((_, line) => !shift.slice(-2).includes(line));
    expect(await verifyChain(rest, { ...trusted, closed: false })).toMatchObject({ verdict: "authentic" });
    const less = log.filter((_, line) => !shift.slice(1).includes(line));
    expect((await verifyChain(less, { ...trusted, closed: false, partial: true })).break).toMatchObject({
      reason: "missing_tail",
      chain: "night shift",
      seq: 1,
    });
  });
});

async function verifyFile(bytes: Uint8Array): Promise<VerifyReport> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return verifyChain(receiptLines(chunks()), trusted);
}
