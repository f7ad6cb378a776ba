import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decisionContent, noon, openChain, testSigner } from "../../test/sample-receipts.ts";
import { InvalidConfig, StorageFailed } from "../errors.ts";
import type { ReceiptChain } from "../receipt/chain.ts";
import type { ReceiptLog, SealedReceipt } from "../receipt/receipt-log.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { createFileLog, type FileLogOptions, fileLog } from "./file-log.ts";
import { openLogFile } from "./log-file.ts";

let folder: string;
let path: string;
let open: ReceiptLog[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-log-"));
  path = join(folder, "receipts.jsonl");
});

afterEach(async () => {
  await Promise.all(open.map((log) => log.close?.()));
  open = [];
  rmSync(folder, { recursive: true });
});

function openLog(options: FileLogOptions): ReceiptLog {
  const log = fileLog(path, options);
  open.push(log);
  return log;
}

async function seqs(log: ReceiptLog): Promise<number[]> {
  const found: number[] = [];
  for await (const { body } of log.read()) found.push(body.seq);
  return found;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The log's files, oldest first. */
function files(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort((a, b) => Number(a === "receipts.jsonl") - Number(b === "receipts.jsonl") || (a < b ? -1 : 1));
}

function lines(): string[] {
  return files().flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
}

/** Appends so many receipts, one after the other. */
async function append(log: ReceiptLog, chain: ReceiptChain, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await log.append(chain.seal(decisionContent(), noon));
}

/** A log with a chain of 11 receipts, about three to a file. */
async function rotated(options: FileLogOptions = {}): Promise<{ log: ReceiptLog; chain: ReceiptChain }> {
  const log = openLog({ maxFileBytes: 2500, ...options });
  const { chain, opening } = openChain();
  await log.append(opening);
  await append(log, chain, 10);
  return { log, chain };
}

describe.each(["fsync", "buffered"] as const)(
  "a file log that is %s and goes on in new files",
  (durability) => {
    it("keeps every file within its size and every receipt in its order", async () => {
      const { log } = await rotated({ durability });
      expect(files().slice(0, 2)).toEqual(["receipts.000001.jsonl", "receipts.000002.jsonl"]);
      expect(files().at(-1)).toBe("receipts.jsonl");
      expect(files().length).toBeGreaterThanOrEqual(4);
      for (const name of files()) {
        expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2500);
        expect(readFileSync(join(folder, name), "utf8")).toMatch(/^\{.*\}\n$/s);
      }
      expect(await seqs(log)).toEqual(upTo(11));
      const report = await verifyChain(lines(), { keys: [testSigner().publicKey] });
      expect(report).toMatchObject({ verdict: "authentic", receipts: 11 });
    });

    it("knows its chains and goes on with them when it is opened again", async () => {
      const { log, chain } = await rotated({ durability });
      const other = openChain({ chain: "other", signer: testSigner(2), firstId: 500 });
      await log.close?.();
      const before = files();
      const again = openLog({ durability, maxFileBytes: 2500 });
      expect(await again.head("main")).toEqual(chain.head);
      await again.append(other.opening);
      await append(again, chain, 10);
      expect(files().slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      expect(files().length).toBeGreaterThan(before.length);
      expect(await verifyChain(again.read())).toMatchObject({ verdict: "bound", receipts: 22 });
      await again.close?.();
      // The chain's last receipt stands in a full file, and only there.
      const last = openLog({ durability, maxFileBytes: 2500 });
      expect(await last.head("other")).toEqual(other.chain.head);
      expect(await last.heads?.()).toEqual(expect.arrayContaining([chain.head, other.chain.head]));
    });

    it("puts a receipt that is larger than a file into one of its own", async () => {
      const log = openLog({ durability, maxFileBytes: 1 });
      const { chain, opening } = openChain();
      await log.append(opening);
      await append(log, chain, 3);
      expect(files()).toHaveLength(4);
      expect(await seqs(log)).toEqual(upTo(4));
    });

    it("shows a reader what was there when it began, also from files that were full since", async () => {
      const { log, chain } = await rotated({ durability });
      const seen: number[] = [];
      for await (const { body } of log.read()) {
        seen.push(body.seq);
        await append(log, chain, 2);
      }
      expect(seen).toEqual(upTo(11));
      expect(await seqs(log)).toEqual(upTo(33));
    });

    it("lets nobody else write meanwhile, nor read what is private", async () => {
      // Neither more than others had, nor less, whatever new files are made with.
      const mode = durability === "fsync" ? 0o600 : 0o660;
      writeFileSync(path, "");
      chmodSync(path, mode);
      await rotated({ durability });
      expect(() => fileLog(path)).toThrow(/is open for writing already/);
      for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(mode);
    });
  },
);

describe("a file log in several files", () => {
  it("is opened as it was when it was killed between two names", async () => {
    const { log, chain } = await rotated();
    await log.close?.();
    const last = join(folder, `receipts.00000${files().length}.jsonl`);
    writeFileSync(`${path}.next`, "");
    renameSync(path, last);
    const again = openLog({ maxFileBytes: 2500 });
    expect(await again.head("main")).toEqual(chain.head);
    await append(again, chain, 5);
    expect(await seqs(again)).toEqual(upTo(16));
    expect(await verifyChain(lines())).toMatchObject({ verdict: "bound", receipts: 16 });
  });

  it("may lack its oldest files, which were put elsewhere", async () => {
    const { log, chain } = await rotated();
    await log.close?.();
    unlinkSync(join(folder, "receipts.000001.jsonl"));
    const again = openLog({ maxFileBytes: 2500 });
    expect(await again.head("main")).toEqual(chain.head);
    await append(again, chain, 5);
    expect((await seqs(again)).at(-1)).toBe(15);
    expect(existsSync(join(folder, "receipts.000001.jsonl"))).toBe(false);
  });

  it.each<[string, () => void, RegExp]>([
    [
      "lacks one between two others",
      () => unlinkSync(join(folder, "receipts.000002.jsonl")),
      /receipts\.000002\.jsonl is missing: put it back/,
    ],
    [
      "has one that was cut short",
      () => truncateSync(join(folder, "receipts.000002.jsonl"), 1000),
      /receipts\.000002\.jsonl is cut short after \d+ bytes/,
    ],
    [
      "has one with something else in it",
      () => appendFileSync(join(folder, "receipts.000001.jsonl"), "Dear diary,\n"),
      /receipts\.000001\.jsonl: line \d is not a receipt/,
    ],
  ])("is refused when it %s", async (_, damage, message) => {
    const { log, chain } = await rotated();
    await log.close?.();
    damage();
    const again = openLog({ maxFileBytes: 2500 });
    const next = chain.seal(decisionContent(), noon);
    await expect((async () => again.append(next))()).rejects.toThrow(StorageFailed);
    await expect((async () => again.head("main"))()).rejects.toThrow(message);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("never writes over a file that is there already", async () => {
    const log = openLog({ maxFileBytes: 2500 });
    const { chain, opening } = openChain();
    await log.append(opening);
    const mine = join(folder, "receipts.000001.jsonl");
    writeFileSync(mine, "mine");
    await expect(append(log, chain, 5)).rejects.toThrow(
      /000001\.jsonl is there already\); the receipt is not in it/,
    );
    expect(readFileSync(mine, "utf8")).toBe("mine");
    unlinkSync(mine);
    chain.resume((await log.head("main")) ?? null);
    await append(log, chain, 5);
    expect((await seqs(log)).at(-1)).toBe(chain.head?.seq);
    expect(await verifyChain(lines())).toMatchObject({ verdict: "bound" });
  });

  it("passes over files that only look alike", async () => {
    for (const name of [
      "receipts.old.jsonl",
      "receipts.1.jsonl",
      "receipts.0000001.jsonl",
      "other.000009.jsonl",
    ]) {
      writeFileSync(join(folder, name), "Dear diary,\n");
    }
    const log = openLog({ maxFileBytes: 1 });
    const { chain, opening } = openChain();
    await log.append(opening);
    await append(log, chain, 1);
    expect(existsSync(join(folder, "receipts.000001.jsonl"))).toBe(true);
    expect(await seqs(log)).toEqual([0, 1]);
  });

  it("is not written under an old name, when whoever had it before went on in a new file just then", async () => {
    let isFirst = true;
    const log = createFileLog(path, {}, (at) => {
      const file = openLogFile(at);
      if (isFirst) {
        renameSync(at, join(folder, "receipts.000001.jsonl"));
        writeFileSync(at, "");
      }
      isFirst = false;
      return file;
    });
    open.push(log);
    await log.append(openChain().opening);
    expect(files().map((name) => statSync(join(folder, name)).size > 0)).toEqual([false, true]);
  });

  it("is refused a size that makes no sense", () => {
    for (const maxFileBytes of [0, -1, 1.5, Number.NaN]) {
      expect(() => fileLog(path, { maxFileBytes })).toThrow(InvalidConfig);
    }
  });

  it("takes a whole group that came at once, into as few files as it fits", async () => {
    const log = openLog({ maxFileBytes: 2500 });
    const { chain, opening } = openChain();
    const entries: SealedReceipt[] = [opening];
    for (let n = 0; n < 20; n++) entries.push(chain.seal(decisionContent(), noon));
    await Promise.all(entries.map((entry) => log.append(entry)));
    await append(log, chain, 1);
    expect(files()).toEqual(["receipts.000001.jsonl", "receipts.jsonl"]);
    expect(await seqs(log)).toEqual(upTo(22));
  });
});
