import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
import { maxLineBytes } from "../receipt/receipt-lines.ts";
import type { ReceiptLog, ReceiptQuery, SealedReceipt } from "../receipt/receipt-log.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { type FileLogOptions, fileLog } from "./file-log.ts";

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

function openLog(options?: FileLogOptions, at = path): ReceiptLog {
  const log = fileLog(at, options);
  open.push(log);
  return log;
}

async function appendAll(log: ReceiptLog, entries: readonly SealedReceipt[]): Promise<void> {
  for (const entry of entries) await log.append(entry);
}

async function read(log: ReceiptLog, query?: ReceiptQuery): Promise<string[]> {
  const found: string[] = [];
  for await (const { body } of log.read(query)) found.push(`${body.chain}:${body.seq}`);
  return found;
}

describe.each(["fsync", "buffered"] as const)("a file log that is %s", (durability) => {
  it("holds one canonical receipt per line once append has answered", async () => {
    const log = openLog({ durability });
    const sealed = sampleChain();
    for (const [index, entry] of sealed.entries()) {
      await log.append(entry);
      const expected = sealed.slice(0, index + 1).map(({ json }) => `${json}\n`);
      expect(readFileSync(path, "utf8")).toBe(expected.join(""));
    }
    expect(await verifyChain(log.read())).toMatchObject({ verdict: "bound", receipts: 6 });
  });

  it("takes appends in the order in which they came, whether or not it is open yet", async () => {
    const log = openLog({ durability });
    const { chain, opening } = openChain();
    const first = [opening, ...Array.from({ length: 20 }, () => chain.seal(decisionContent(), noon))];
    const early = first.map((entry) => log.append(entry));
    await early[0];
    const second = Array.from({ length: 20 }, () => chain.seal(decisionContent(), noon));
    await Promise.all([...early, ...second.map((entry) => log.append(entry))]);
    expect(readFileSync(path, "utf8")).toBe([...first, ...second].map(({ json }) => `${json}\n`).join(""));
  });

  it("knows the head of every chain, also when it is opened again", async () => {
    const [a, b] = [openChain({ chain: "a" }), openChain({ chain: "b", signer: testSigner(2), firstId: 50 })];
    const log = openLog({ durability });
    await appendAll(log, [a.opening, b.opening, a.chain.seal(decisionContent(), noon + 5)]);
    expect(await log.head("a")).toEqual(a.chain.head);
    await log.close?.();
    const again = openLog({ durability });
    expect(await again.head("a")).toEqual(a.chain.head);
    expect(await again.head("b")).toEqual(b.chain.head);
    expect(await again.head("c")).toBeNull();
    await appendAll(again, [
      a.chain.seal({ type: "close" }, noon + 6),
      b.chain.seal(decisionContent(), noon + 6),
    ]);
    expect(await again.head("a")).toMatchObject({ seq: 2, closed: true });
    expect(await verifyChain(again.read())).toMatchObject({ verdict: "bound", receipts: 5 });
  });

  it("refuses a receipt that would fork or skip in its chain, and keeps none of it", async () => {
    const log = openLog({ durability });
    const { chain, opening } = openChain();
    await log.append(opening);
    const fork = openChain({ firstId: 500 });
    await expect(async () => log.append(opening)).rejects.toThrow(StorageFailed);
    await expect(async () => log.append(fork.chain.seal(decisionContent(), noon))).rejects.toThrow(
      /does not follow/,
    );
    await log.append(chain.seal(decisionContent(), noon));
    expect(await read(log)).toEqual(["main:0", "main:1"]);
  });

  it("takes the longest receipt that can be read again, and nothing of a longer one", async () => {
    const log = openLog({ durability });
    const { chain, opening } = openChain();
    await log.append(opening);
    const { head } = chain;
    /** A receipt whose line has this many bytes, which are not as many characters. */
    const sealed = (bytes: number): SealedReceipt => {
      const { action, ...rest } = decisionContent();
      const seal = (params: string) =>
        chain.seal({ ...rest, id: testId(9), action: { ...action, params } }, noon);
      const bare = Buffer.byteLength(seal("ü").json);
      chain.resume(head);
      return seal(`ü${"x".repeat(bytes - bare)}`);
    };
    const tooLong = sealed(maxLineBytes + 1);
    await expect(async () => log.append(tooLong)).rejects.toThrow(StorageFailed);
    await expect(async () => log.append(tooLong)).rejects.toThrow(/keep params smaller.* params: "digest"/);
    expect(readFileSync(path, "utf8")).toBe(`${opening.json}\n`);
    chain.resume(await log.head("main"));
    await log.append(sealed(maxLineBytes));
    await log.append(chain.seal(decisionContent(), noon));
    expect(await read(log)).toEqual(["main:0", "main:1", "main:2"]);
    await log.close?.();
    expect(await openLog({ durability }).head("main")).toEqual(chain.head);
  });

  it("finishes what is under way when it is closed, and takes nothing after", async () => {
    const log = openLog({ durability });
    const { chain, opening } = openChain();
    const appends = [log.append(opening), log.append(chain.seal(decisionContent(), noon))];
    const closed = Promise.all([log.close?.(), log.close?.()]);
    await expect(log.append(chain.seal(decisionContent(), noon))).rejects.toThrow(/is closed/);
    await Promise.all([...appends, closed]);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(3);
    expect(await read(log)).toEqual(["main:0", "main:1"]);
  });

  it("drops a last line that was cut short anywhere, and goes on from the one before", async () => {
    const { chain, opening } = openChain();
    const entries = [opening, chain.seal(decisionContent(), noon)];
    const durable = chain.head;
    const lost = chain.seal(decisionContent({ run: "größer" }), noon);
    const whole = Buffer.from([...entries, lost].map(({ json }) => `${json}\n`).join(""));
    const start = whole.length - Buffer.byteLength(lost.json) - 1;
    for (let end = start; end < whole.length - 1; end += 13) {
      writeFileSync(path, whole.subarray(0, end));
      const log = openLog({ durability });
      expect(await log.head("main"), `cut at ${end}`).toEqual(durable);
      expect(readFileSync(path)).toHaveLength(start);
      chain.resume(durable);
      await log.append(chain.seal(decisionContent(), noon + 1));
      await log.close?.();
      expect(await verifyChain(readFileSync(path, "utf8").trimEnd().split("\n"))).toMatchObject({
        receipts: 3,
      });
    }
  });

  it("keeps a last line that lacks its line feed only", async () => {
    const { chain, opening } = openChain();
    const last = chain.seal(decisionContent(), noon);
    writeFileSync(path, `${opening.json}\n${last.json}`);
    const log = openLog({ durability });
    expect(await log.head("main")).toEqual(chain.head);
    await log.append(chain.seal(decisionContent(), noon));
    expect(await read(log)).toEqual(["main:0", "main:1", "main:2"]);
  });

  it.each([
    ["a whole last line that is no receipt", (good: string) => `${good}{"half":1}\n`, "line 3"],
    ["a line in the middle that is no receipt", (good: string) => `${good}oops\n${good}`, "line 3"],
    ["an empty line", (good: string) => `${good}\n`, "line 3"],
    ["another kind of file", () => "Dear diary,\n", "line 1"],
  ])("refuses %s, says what to do, and changes nothing", async (_, change, line) => {
    const { chain, opening } = openChain();
    const good = `${opening.json}\n${chain.seal(decisionContent(), noon).json}\n`;
    const text = change(good);
    writeFileSync(path, text);
    const log = openLog({ durability });
    const cut = line === "line 1" ? 0 : Buffer.byteLength(good);
    const message = `${line} is not a receipt, so the file was changed or damaged; verify it, then move it away or cut it back to its first ${cut} bytes`;
    await expect(async () => log.head("main")).rejects.toThrow(message);
    await expect(async () => log.append(opening)).rejects.toThrow(StorageFailed);
    await expect(read(log)).rejects.toThrow(StorageFailed);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(existsSync(`${path}.lock`)).toBe(false);
    await log.close?.();
  });
});

describe("a file log", () => {
  it("has one writer at a time", async () => {
    const log = openLog();
    await log.append(openChain().opening);
    expect(() => fileLog(path)).toThrow(StorageFailed);
    expect(() => fileLog(path)).toThrow(/is open for writing already \(this process\)/);
    const link = join(folder, "link.jsonl");
    symlinkSync(path, link);
    expect(() => fileLog(link)).toThrow(/is open for writing already/);
    await log.close?.();
    expect(await read(openLog({}, link))).toEqual(["main:0"]);
  });

  it("makes the folders it is to be in", async () => {
    const deep = join(folder, "a", "b", "receipts.jsonl");
    await openLog({}, deep).append(openChain().opening);
    expect(existsSync(deep)).toBe(true);
  });

  it("says why it cannot be opened", () => {
    expect(() => fileLog(folder)).toThrow(StorageFailed);
    expect(() => fileLog(folder)).toThrow(/cannot open .* for writing: EISDIR/);
  });

  it("refuses options that make no sense", () => {
    expect(() => fileLog(path, { durability: "eventually" as "fsync" })).toThrow(InvalidConfig);
    expect(() => fileLog(path, { maxPending: 0 })).toThrow(InvalidConfig);
    expect(existsSync(path)).toBe(false);
  });

  it("finds the receipts of a run and of a chain", async () => {
    const log = openLog();
    const { chain, opening } = openChain({ firstId: 100 });
    const other = openChain({ chain: "other", firstId: 200 });
    await appendAll(log, [
      opening,
      chain.seal({ ...decisionContent({ run: "a" }), id: testId(1) }, noon),
      other.opening,
      chain.seal({ ...decisionContent({ run: "b" }), id: testId(2) }, noon),
      chain.seal(settlementContent(testId(1)), noon),
      chain.seal(settlementContent(testId(2)), noon),
    ]);
    expect(await read(log, { run: "a" })).toEqual(["main:1", "main:3"]);
    expect(await read(log, { chain: "other" })).toEqual(["other:0"]);
  });

  it("lets a reader go on while it is written, and shows it what was there when it began", async () => {
    const log = openLog({ durability: "buffered" });
    const { chain, opening } = openChain();
    await appendAll(log, [opening, chain.seal(decisionContent(), noon)]);
    const seen: number[] = [];
    for await (const { body } of log.read()) {
      seen.push(body.seq);
      await log.append(chain.seal(decisionContent(), noon));
    }
    expect(seen).toEqual([0, 1]);
    expect(await read(log)).toHaveLength(4);
  });

  it.each<[string, (line: Buffer) => Buffer]>([
    ["a byte order mark", (line) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), line])],
    // The "ü" of the run, cut in half: read carelessly, it is still a receipt.
    ["a byte that is not UTF-8", (line) => replaced(line, Buffer.from("ü"), Buffer.from([0xc3]))],
  ])("refuses a line with %s, whether it is opened with it or read later", async (_, change) => {
    const { chain, opening } = openChain();
    const second = Buffer.from(chain.seal(decisionContent({ run: "für" }), noon).json);
    const changed = Buffer.from(`${opening.json}\n${change(second).toString("latin1")}\n`, "latin1");
    const third = `${chain.seal(decisionContent(), noon).json}\n`;

    writeFileSync(path, Buffer.concat([changed, Buffer.from(third)]));
    const damaged = openLog();
    await expect(async () => damaged.head("main")).rejects.toThrow(/line 2 is not a receipt/);
    await damaged.close?.();

    writeFileSync(path, `${opening.json}\n${second}\n${third}`);
    const log = openLog();
    expect(await read(log)).toHaveLength(3);
    writeFileSync(path, Buffer.concat([changed, Buffer.from(third)]));
    await expect(read(log)).rejects.toThrow(StorageFailed);
  });

  it("tells a reader when the file was changed under it", async () => {
    const log = openLog();
    await log.append(openChain().opening);
    truncateSync(path, 100);
    await expect(read(log)).rejects.toThrow(StorageFailed);
  });
});

function replaced(bytes: Buffer, part: Buffer, by: Buffer): Buffer {
  const at = bytes.indexOf(part);
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + part.length)]);
}
