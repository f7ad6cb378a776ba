import { describe, expect, it } from "vitest";
import {
  decisionContent,
  noon,
  openChain,
  sampleChain,
  settlementContent,
  testId,
  testSigner,
} from "../../test/sample-receipts.ts";
import { InvalidConfig, StorageFailed } from "../errors.ts";
import { memoryLog } from "./memory-log.ts";
import type { ReceiptLog, ReceiptQuery } from "./receipt-log.ts";
import { verifyChain } from "./verify-chain.ts";

async function read(log: ReceiptLog, query?: ReceiptQuery): Promise<string[]> {
  const ids: string[] = [];
  for await (const { body } of log.read(query)) ids.push(`${body.chain}:${body.seq}`);
  return ids;
}

describe("a memory log", () => {
  it("gives back what was appended, in order", async () => {
    const log = memoryLog();
    const sealed = sampleChain();
    for (const entry of sealed) log.append(entry);
    const back = [];
    for await (const receipt of log.read()) back.push(receipt);
    expect(back).toEqual(sealed.map(({ receipt }) => receipt));
    expect(await verifyChain(back)).toMatchObject({ verdict: "bound", receipts: 6, open: 0 });
  });

  it("knows the head of each chain and of no other", () => {
    const log = memoryLog();
    const [a, b] = [openChain({ chain: "a" }), openChain({ chain: "b", signer: testSigner(2) })];
    for (const entry of [a.opening, b.opening, a.chain.seal(decisionContent(), noon)]) log.append(entry);
    expect(log.head("a")).toEqual(a.chain.head);
    expect(log.head("b")).toEqual(b.chain.head);
    expect(log.head("c")).toBeNull();
  });

  it("refuses a receipt that would fork or skip in its chain, and keeps none of it", async () => {
    const log = memoryLog();
    const { chain, opening } = openChain();
    expect(() => log.append(chain.seal(decisionContent(), noon))).toThrow(StorageFailed);
    log.append(opening);
    expect(() => log.append(opening)).toThrow(/receipt 0 of chain "main" does not follow/);
    const fork = openChain({ firstId: 500 });
    expect(() => log.append(fork.chain.seal(decisionContent(), noon))).toThrow(StorageFailed);
    expect(await read(log)).toEqual(["main:0"]);
  });

  it("keeps the newest and counts what it dropped", async () => {
    const log = memoryLog({ maxReceipts: 3 });
    const { chain, opening } = openChain();
    log.append(opening);
    expect(log.dropped).toBe(0);
    for (let n = 0; n < 7; n++) log.append(chain.seal(decisionContent(), noon));
    expect(await read(log)).toEqual(["main:5", "main:6", "main:7"]);
    expect(log.dropped).toBe(5);
    expect(log.head("main")).toEqual(chain.head);
  });

  it("refuses a bound that is none", () => {
    for (const maxReceipts of [0, -1, 1.5, Number.NaN]) {
      expect(() => memoryLog({ maxReceipts })).toThrow(InvalidConfig);
    }
  });

  it("shows a reader what was there when it began, whatever is appended meanwhile", async () => {
    const log = memoryLog({ maxReceipts: 2 });
    const { chain, opening } = openChain();
    log.append(opening);
    log.append(chain.seal(decisionContent(), noon));
    const seen: number[] = [];
    for await (const { body } of log.read()) {
      seen.push(body.seq);
      log.append(chain.seal(decisionContent(), noon));
    }
    expect(seen).toEqual([0, 1]);
  });

  it("finds the receipts of a run, its settlements included, and of a chain", async () => {
    const log = memoryLog();
    const { chain, opening } = openChain({ firstId: 100 });
    const other = openChain({ chain: "other", firstId: 200 });
    const [one, two, three] = [testId(1), testId(2), testId(3)];
    for (const entry of [
      opening,
      other.opening,
      chain.seal({ ...decisionContent({ run: "a", reservation: one }), id: one }, noon),
      chain.seal({ ...decisionContent({ run: "b" }), id: two }, noon),
      chain.seal({ ...decisionContent({ run: "a" }), id: three }, noon),
      chain.seal(settlementContent(two), noon),
      chain.seal(settlementContent(one, { reservation: one, outcome: "expired" }), noon),
      chain.seal({ type: "stop", run: "a", reason: "enough" }, noon),
      chain.seal(settlementContent(one, { reservation: one, late: true }), noon),
      chain.seal(settlementContent(three), noon),
      chain.seal({ type: "stop", run: "b", reason: "enough" }, noon),
    ]) {
      log.append(entry);
    }
    expect(await read(log, { run: "a" })).toEqual([
      "main:1",
      "main:3",
      "main:5",
      "main:6",
      "main:7",
      "main:8",
    ]);
    expect(await read(log, { run: "b" })).toEqual(["main:2", "main:4", "main:9"]);
    expect(await read(log, { chain: "other" })).toEqual(["other:0"]);
    expect(await read(log, { chain: "other", run: "a" })).toEqual([]);
  });
});
