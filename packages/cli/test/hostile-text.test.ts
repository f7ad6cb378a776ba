import type { Receipt } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

/** Clears the screen, sets the title, hides text, reorders it, and pretends to be another line. */
const hostile =
  "\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202egnp.exe\u2066\u200b\r\nauthentic: 5 receipts\n=cmd|'/c calc'!A1";
const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The sample with hostile text wherever a receipt takes text from outside; nobody could sign that, or anybody. */
const lines = sampleLines.map((line) => {
  const receipt = JSON.parse(line) as Receipt;
  return poison(receipt, [
    "name",
    "reason",
    "user",
    "agent",
    "tenant",
    "by",
    "run",
    "chain",
    "approval",
    "budget",
    "partition",
    "replaced",
    "rules",
  ]);
});

function poison(receipt: Receipt, names: readonly string[]): string {
  const text = JSON.stringify(receipt, (name, value) => {
    if (!names.includes(name)) return value;
    return Array.isArray(value)
      ? value.map((each) => `${each}${hostile}`)
      : typeof value === "string"
        ? `${value}${hostile}`
        : value;
  });
  return `${text}\n`;
}

function expectHarmless(output: string): void {
  for (const line of output.replace(/\r\n/g, "\n").split("\n")) {
    expect(line).not.toMatch(dangerous);
    expect(line).not.toMatch(/^authentic/);
  }
}

describe("text from outside", () => {
  it.each([
    ["show", []],
    ["show", ["-r", `invoice-7${hostile}`]],
    ["show", ["--json"]],
    ["balances", []],
    ["balances", ["--json"]],
    ["tail", []],
    ["tail", ["--json"]],
    ["export", ["-f", "csv"]],
    ["export", ["-f", "otlp"]],
    ["export", ["-f", "agt"]],
    ["export", ["-f", "dsse"]],
    ["verify", ["-k", sampleKey]],
    ["verify", ["-k", sampleKey, "--json"]],
  ])("cannot steer the terminal through %s %j", async (command, args) => {
    using folder = new TestFolder();
    const { stdout, stderr } = await tollgate([
      command,
      folder.write("receipts.jsonl", lines.join("")),
      ...args,
    ]);
    expect(stdout.length).toBeGreaterThan(20);
    expectHarmless(stdout);
    expectHarmless(stderr);
  });

  it("is shown, so that it is seen what was tried", async () => {
    using folder = new TestFolder();
    const { stdout } = await tollgate(["tail", folder.write("receipts.jsonl", lines.join(""))]);
    expect(stdout).toContain("\\x1b[2J");
    expect(stdout).toContain("\\u202e");
  });

  it("cannot steer it through a line that is no receipt, or a name on the command line", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", `${sampleLines[0]}\n{"${hostile}\n`);
    for (const args of [
      ["verify", file, "-k", sampleKey],
      ["show", file],
      ["tail", file],
      ["show", `${hostile}.jsonl`],
      [hostile],
      ["verify", `--${hostile}`],
    ]) {
      const { stdout, stderr, code } = await tollgate(args);
      expect(code).not.toBe(0);
      expectHarmless(stdout);
      expectHarmless(stderr);
    }
  });

  it("in a CSV cell is no formula", async () => {
    using folder = new TestFolder();
    const formula = sampleLines.map((line) => {
      const receipt = JSON.parse(line) as Receipt;
      return `${JSON.stringify(receipt, (name, value) => (name === "name" ? "=1+1" : value))}\n`;
    });
    const { stdout } = await tollgate([
      "export",
      "-f",
      "csv",
      folder.write("receipts.jsonl", formula.join("")),
    ]);
    expect(stdout).toContain(",'=1+1,");
    expect(stdout).not.toMatch(/[,"]=1/);
  });
});
