import { type AuditEntry, AuditLogger } from "@microsoft/agent-governance-sdk";
import { type AgtAuditEntry, fromDsseEnvelope } from "@tollgate/core/export";
import { describe, expect, expectTypeOf, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

async function exported(format: string): Promise<string> {
  const { code, stdout, stderr } = await tollgate(["export", "-f", format, samplePath, "-k", sampleKey]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** AGT's own logger, with these entries in place of its own. */
function agtLoggerWith(entries: readonly AuditEntry[]): AuditLogger {
  const logger = new AuditLogger();
  (logger as unknown as { entries: readonly AuditEntry[] }).entries = entries;
  return logger;
}

describe("tollgate export", () => {
  it("writes DSSE envelopes, one a line, that give the receipts back", async () => {
    const receipts = (await exported("dsse"))
      .trimEnd()
      .split("\n")
      .map((line) => fromDsseEnvelope(JSON.parse(line)));
    expect(receipts.map((receipt) => JSON.stringify(receipt))).toEqual(sampleLines);
  });

  it("writes audit entries that AGT's own logger finds unbroken, and finds broken when one is changed", async () => {
    const entries: AgtAuditEntry[] = JSON.parse(await exported("agt"));
    expectTypeOf<AgtAuditEntry>().toExtend<AuditEntry>();
    expect(entries.length).toBe(sampleLines.filter((line) => line.includes('"type":"decision"')).length);
    expect(agtLoggerWith(entries).verify()).toBe(true);
    expect(
      agtLoggerWith(entries).getEntries({ agentId: "finance-bot", action: "pay_invoice" }),
    ).toMatchObject([{ decision: "review" }, { decision: "allow" }]);
    const changed = entries.map((entry) =>
      entry.decision === "review" ? { ...entry, decision: "allow" as const } : entry,
    );
    expect(agtLoggerWith(changed).verify()).toBe(false);
  });

  it("writes OTLP log records as a collector's file receiver reads them", async () => {
    const lines = (await exported("otlp"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const records = lines.flatMap(({ resourceLogs: [logs] }) => logs.scopeLogs[0].logRecords);
    expect(records.length).toBe(sampleLines.length);
    for (const record of records) {
      expect(record).toMatchObject({
        timeUnixNano: expect.stringMatching(/^\d{19}$/),
        severityNumber: expect.any(Number),
        eventName: expect.stringMatching(/^tollgate\./),
      });
    }
  });

  it("writes CSV with a row for each receipt", async () => {
    const rows = (await exported("csv")).split("\r\n");
    expect(rows.length).toBe(sampleLines.length + 2);
    expect(rows.at(-1)).toBe("");
  });

  it("hands on nothing from a break on when it is to verify first", async () => {
    using folder = new TestFolder();
    const lines = sampleLines.map((line, index) =>
      index === 4 ? line.replace(/"sig":"./, '"sig":"_') : line,
    );
    const file = folder.write("receipts.jsonl", lines.join("\n"));
    const checked = await tollgate(["export", "-f", "dsse", file, "-k", sampleKey]);
    expect(checked.code).toBe(1);
    expect(checked.stdout.trimEnd().split("\n").length).toBe(4);
    expect(checked.stderr).toMatch(
      /^tollgate: broken at .* line 5, chain invoices, sequence 4: bad_signature: .*\n$/,
    );
    const unchecked = await tollgate(["export", "-f", "dsse", file]);
    expect(unchecked.code).toBe(0);
    expect(unchecked.stdout.trimEnd().split("\n").length).toBe(sampleLines.length);
    expect(unchecked.stderr).toMatch(/^tollgate: signatures were not checked/);
  });
});

describe("tollgate balances", () => {
  it("replays what was spent and is held", async () => {
    const { code, stdout } = await tollgate([
      "balances",
      samplePath,
      "-k",
      sampleKey,
      "--json",
      "-b",
      "daily",
    ]);
    expect(code).toBe(0);
    const [alice, ...others] = JSON.parse(stdout);
    expect(others).toEqual([]);
    expect(alice).toMatchObject({ budget: "daily", partition: "user=alice", unit: "usd", held: "0" });
    const spent = sampleLines
      .map((line) => JSON.parse(line).body)
      .filter(({ type }) => type === "settlement")
      .flatMap(({ amounts }) => amounts)
      .filter(({ unit }) => unit === "usd")
      .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    expect(alice.spent).toBe(spent.toString());
  });

  it("shows what is held while a call is under way", async () => {
    using folder = new TestFolder();
    const { stdout } = await tollgate([
      "balances",
      folder.write("half.jsonl", sampleLines.slice(0, 2).join("\n")),
    ]);
    expect(stdout).toMatch(/daily +user=alice +2026-03-02T00:00:00Z +\$0\.00 +\$0\.005/);
  });

  it("answers 1 when receipts contradict each other", async () => {
    using folder = new TestFolder();
    const settled = sampleLines.findIndex((line) => line.includes('"type":"settlement"'));
    const twice = [...sampleLines, sampleLines[settled]].join("\n");
    const { code, stderr, stdout } = await tollgate(["balances", folder.write("twice.jsonl", twice)]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^tollgate: receipt [^\n]+\n$/);
  });
});

describe("tollgate keygen", () => {
  it("makes a key that only its owner can read, and writes the public half", async () => {
    using folder = new TestFolder();
    const { code, stdout, stderr } = await tollgate(["keygen", "signer.jwk"], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^tollgate: the private key is in signer\.jwk: [^\n]+\n$/);
    const { readFileSync, statSync } = await import("node:fs");
    const file = `${folder.path}/signer.jwk`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { d, ...publicKey } = JSON.parse(readFileSync(file, "utf8"));
    expect(JSON.parse(stdout)).toEqual(publicKey);
    expect(stdout + stderr).not.toContain(d);
  });

  it("never overwrites a file", async () => {
    using folder = new TestFolder();
    const file = folder.write("signer.jwk", "precious");
    const { code, stdout, stderr } = await tollgate(["keygen", file]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^tollgate: cannot write the key to [^\n]+: it is there already\n$/);
    const gone = await tollgate(["keygen", `${folder.path}/gone/signer.jwk`]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toMatch(/there is no such folder\n$/);
  });
});
