import { describe, expect, it } from "vitest";
import { allOf, chainOf, decided } from "../../test/export-receipts.ts";
import {
  adjustmentContent,
  claimOf,
  sampleChain,
  settlementContent,
  testId,
} from "../../test/sample-receipts.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { toCsv } from "./csv.ts";
import { textCell } from "./csv-cell.ts";

/** Reads one row as RFC 4180 has it. */
function cellsOf(row: string): readonly string[] {
  const cells = [...row.replace(/\r\n$/, "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
  return cells.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "");
}

async function rowsOf(receipts: readonly Receipt[]): Promise<readonly Record<string, string>[]> {
  const [header = "", ...rows] = await allOf(toCsv(receipts));
  const names = cellsOf(header);
  return rows.map((row) => {
    const cells = cellsOf(row);
    expect(cells.length).toBe(names.length);
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""]));
  });
}

describe("receipts as CSV", () => {
  it("say of a stop whose it is, whether it was lifted, and who did it", async () => {
    const stop = { type: "stop", agent: "bot", tenant: "acme", reason: "rogue" } as const;
    const lifted = { ...stop, lifted: true, by: "dave", reason: "its own again" } as const;
    const [, first, second] = await rowsOf(chainOf(stop, lifted));
    expect(first).toMatchObject({ agent: "bot", tenant: "acme", outcome: "", reason: "rogue" });
    expect(second).toMatchObject({ agent: "bot", outcome: "lifted", reason: "dave: its own again" });
  });

  it("are a header and a row for each, each ended by CRLF", async () => {
    const lines = await allOf(toCsv(sampleChain().map(({ receipt }) => receipt)));
    expect(lines.length).toBe(sampleChain().length + 1);
    for (const line of lines) expect(line).toMatch(/^[^\r\n]*\r\n$/);
    expect(await allOf(toCsv([]))).toEqual([lines[0]]);
  });

  it("tell in a settlement's row who and what it was for", async () => {
    const rows = await rowsOf(sampleChain().map(({ receipt }) => receipt));
    expect(rows.find(({ type }) => type === "settlement")).toMatchObject({
      run: "run-1",
      user: "alice",
      kind: "llm",
      name: "gpt-4o",
      outcome: "settled",
      usd_booked: "0.0000012",
      usd_over: "0.0000002",
      input_tokens: "10",
      output_tokens: "20",
      source: "reported",
      amounts: '[{"amount":"1200","unit":"usd"}]',
    });
  });

  it("count money that several budgets hold once, in exact dollars", async () => {
    const claims = [claimOf(5_042_500n), claimOf(5_042_500n, { budget: "monthly" })];
    const id = testId(1);
    const [, decision, settlement] = await rowsOf(
      chainOf(
        { ...decided({}), id, claims, reservation: id },
        settlementContent(id, { reservation: id, amounts: [{ unit: "usd", amount: "9223372036854775807" }] }),
      ),
    );
    expect(decision?.usd_held).toBe("0.0050425");
    expect(settlement?.usd_booked).toBe("9223372036.854775807");
  });

  it("tell of an adjustment who made it and why, and never count it as a cost", async () => {
    const [, row, tokens] = await rowsOf(
      chainOf(
        adjustmentContent(-5_042_500_000n, { kind: "refund" }),
        adjustmentContent(7n, { unit: "tokens", by: "=1" }),
      ),
    );
    expect(row).toMatchObject({
      type: "adjustment",
      outcome: "refund",
      reason: "dave: an outage",
      usd_booked: "",
      // A number for the spreadsheet, not a text that looks like a formula.
      usd_adjusted: "-5.0425",
      amounts:
        '[{"amount":"-5042500000","budget":"daily","partition":"user=alice","unit":"usd","window":"2025-11-20T00:00:00Z"}]',
    });
    expect(tokens).toMatchObject({ usd_adjusted: "", reason: "'=1: an outage" });
  });

  it("leave empty what a receipt does not tell", async () => {
    const [key, refused] = await rowsOf(chainOf(decided({ outcome: "deny" })));
    expect(key).toMatchObject({ type: "key", run: "", outcome: "", usd_held: "" });
    expect(refused).toMatchObject({ outcome: "deny", terminal: "false", usd_held: "", claims: "" });
  });

  it("keep texts that hold the separator, quotes and line breaks in their cell", async () => {
    const [, row] = await rowsOf(chainOf(decided({ reason: 'he said "no", twice\r\nand left' })));
    expect(row?.reason).toBe('he said "no", twice\\r\\nand left');
  });
});

describe("a CSV cell from outside", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "\\t=1"],
    ["\r=1", "\\r=1"],
    ["  =1", '"  \'=1"'],
    ["＝1+1", "'＝1+1"],
    ["－1", "'－1"],
    ['=HYPERLINK("http://evil","x")', '"\'=HYPERLINK(""http://evil"",""x"")"'],
    ["a;=1+1", '"a;\'=1+1"'],
    ['a;"=1+1', '"a;""\'=1+1"'],
    ["a; @x", '"a; \'@x"'],
    ["\u202e=1", "\\u202e=1"],
  ])("is no formula: %j", (text, cell) => {
    expect(textCell(text)).toBe(cell);
  });

  it.each(["", "gpt-4o", "user=alice", "it's 5 + 5", "2026-03-02T09:15:00.000Z", "sha256:ab"])(
    "stays as it is: %j",
    (text) => {
      expect(textCell(text)).toBe(text);
    },
  );
});
