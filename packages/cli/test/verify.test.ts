import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createSigner } from "@tollgate/core/signing";
import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
const count = sampleLines.length;

describe("tollgate verify", () => {
  it("answers 0 for receipts that are whole and signed by a key that is trusted", async () => {
    const { code, stdout, stderr } = await tollgate(["verify", samplePath, "--key", sampleKey]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`authentic: ${count} receipts in 2 chains`);
  });

  it("reads a pipe, and the segments of a log in the order given, with or without a last line feed", async () => {
    using folder = new TestFolder();
    const first = folder.write("1", text(sampleLines.slice(0, 5)).trimEnd());
    const second = folder.write("2", text(sampleLines.slice(5, 9)));
    const rest = text(sampleLines.slice(9));
    const piped = await tollgate(["verify", first, second, "-", "-k", sampleKey], { input: rest });
    expect([piped.code, piped.stderr]).toEqual([0, ""]);
    expect(piped.stdout).toContain(`authentic: ${count} receipts`);
    const swapped = await tollgate(["verify", second, first, "-", "-k", sampleKey], { input: rest });
    expect(swapped.code).toBe(1);
    expect(swapped.stdout).toMatch(/^broken: .*2 line 1, chain invoices, sequence 0: /);
  });

  it("names the file and line, the chain, the sequence and the reason of a break, and answers 1", async () => {
    using folder = new TestFolder();
    const changed = sampleLines.map((line, index) =>
      index === 13 ? line.replace("1250000000", "1150000000") : line,
    );
    const [one, two] = [
      folder.write("a.jsonl", text(changed.slice(0, 8))),
      folder.write("b.jsonl", text(changed.slice(8))),
    ];
    const { code, stdout, stderr } = await tollgate(["verify", one, two, "-k", sampleKey]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^broken: .*b\.jsonl line 6, chain invoices, sequence 13: /);
  });

  it("does not trust a key that is not given, and says so", async () => {
    using folder = new TestFolder();
    const other = folder.write("other.jwk", JSON.stringify(createSigner().publicKey));
    const { code, stdout } = await tollgate(["verify", samplePath, "-k", other]);
    expect(code).toBe(1);
    expect(stdout).toContain("untrusted_key");
    const both = await tollgate(["verify", samplePath, "-k", other, "-k", sampleKey]);
    expect(both.code).toBe(0);
  });

  it("wants to know whose receipts they are, or be told that it does not matter", async () => {
    const asked = await tollgate(["verify", samplePath]);
    expect([asked.code, asked.stdout]).toEqual([2, ""]);
    expect(asked.stderr).toMatch(/^tollgate: .*--key.*--bound.*\n$/);
    const bound = await tollgate(["verify", samplePath, "--bound"]);
    expect([bound.code, bound.stderr]).toEqual([0, ""]);
    expect(bound.stdout).toMatch(/^bound: /);
  });

  it("takes a JWK set, a PEM and the file of a private key for the public keys in them", async () => {
    using folder = new TestFolder();
    const jwk: unknown = JSON.parse(readFileSync(sampleKey, "utf8"));
    const der = Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from((jwk as { x: string }).x, "base64url"),
    ]);
    const files = [
      folder.write("set.json", JSON.stringify({ keys: [createSigner().publicKey, jwk] })),
      folder.write(
        "key.pem",
        `-----BEGIN PUBLIC KEY-----\n${der.toString("base64")}\n-----END PUBLIC KEY-----\n`,
      ),
      folder.write("private.jwk", JSON.stringify({ ...(jwk as object), d: "A".repeat(43) })),
    ];
    for (const file of files) expect((await tollgate(["verify", samplePath, "-k", file])).code).toBe(0);
  });

  it("writes the report as JSON, which a later run takes for what must still be there", async () => {
    using folder = new TestFolder();
    const { code, stdout } = await tollgate(["verify", samplePath, "-k", sampleKey, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "authentic", receipts: count, break: null });
    const report = folder.write("report.json", stdout);
    const whole = await tollgate(["verify", samplePath, "-k", sampleKey, "--heads", report]);
    expect(whole.code).toBe(0);
    const cut = folder.write("cut.jsonl", text(sampleLines.slice(0, -1)));
    expect((await tollgate(["verify", cut, "-k", sampleKey])).code).toBe(0);
    const missing = await tollgate(["verify", cut, "-k", sampleKey, "--heads", report]);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain("missing_tail");
    const open = await tollgate(["verify", cut, "-k", sampleKey, "--closed"]);
    expect(open.code).toBe(1);
  });

  it("does not trust a key from when on it was revoked", async () => {
    const { kid } = JSON.parse(readFileSync(sampleKey, "utf8"));
    const revoked = (what: string): Promise<number | null> =>
      tollgate(["verify", samplePath, "-k", sampleKey, "--revoked", what]).then(({ code }) => code);
    expect(await revoked(kid)).toBe(1);
    expect(await revoked(`${kid}=2026-03-02T09:15:10Z`)).toBe(1);
    expect(await revoked(`${kid}=2027-01-01T00:00:00Z`)).toBe(0);
  });

  it("says whether each chain is closed, and counts what has no end on record", async () => {
    using folder = new TestFolder();
    const cut = folder.write("cut.jsonl", text(sampleLines.slice(0, 2)));
    const { stdout } = await tollgate(["verify", cut, "-k", sampleKey]);
    expect(stdout).toContain("not closed");
    expect(stdout).toContain("1 decision let something through and has no end on record");
  });

  it("tells of what is nobody's doing: a torn end, and the earlier files of a log", async () => {
    using folder = new TestFolder();
    const torn = folder.write(
      "torn.jsonl",
      `${text(sampleLines.slice(0, 3))}${sampleLines[3]?.slice(0, 99)}`,
    );
    const cut = await tollgate(["verify", torn, "-k", sampleKey]);
    expect([cut.code, cut.stderr]).toEqual([1, ""]);
    expect(cut.stdout).toContain("the last line is cut short");
    const first = folder.write("log.000001.jsonl", text(sampleLines.slice(0, 5)));
    const second = folder.write("log.jsonl", text(sampleLines.slice(5)));
    const part = await tollgate(["verify", second, "-k", sampleKey]);
    expect(part.code).toBe(1);
    expect(part.stdout).toContain(`give ${first} before it`);
    const here = await tollgate(["verify", "log.jsonl", "-k", sampleKey], { cwd: folder.path });
    expect(here.stdout).toContain("give log.000001.jsonl before it");
    expect((await tollgate(["verify", first, second, "-k", sampleKey])).code).toBe(0);
  });

  it("keeps its exit code when nobody reads what it has to say", async () => {
    using folder = new TestFolder();
    const broken = folder.write("broken.jsonl", "{}\n");
    for (const [file, code] of [
      [samplePath, 0],
      [broken, 1],
    ] as const) {
      const main = new URL("../src/main.ts", import.meta.url).pathname;
      // The reader is gone long before there is anything to read.
      const verify = `"${process.execPath}" --conditions=tollgate-source "${main}" verify "${file}" -k "${sampleKey}"`;
      const command = `${verify} 2>&1 | : ; echo "\${PIPESTATUS[0]}"`;
      const child = spawn("bash", ["-c", command]);
      const parts: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => parts.push(chunk));
      await new Promise((resolve) => child.on("close", resolve));
      expect(Buffer.concat(parts).toString()).toBe(`${code}\n`);
    }
  });
});
