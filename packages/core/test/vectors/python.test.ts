import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/codec/json.ts";
import { verifyChain } from "../../src/receipt/verify-chain.ts";
import type { VerifyOptions } from "../../src/receipt/verify-options.ts";
import { reportJson } from "./chain-case.ts";
import { chainLines } from "./chain-lines.ts";
import { damagedStreams, type Stream } from "./damaged-streams.ts";
import { readVectors, vectorFolder } from "./read-vectors.ts";
import { sampleBodies } from "./sample-bodies.ts";
import { signLine, vectorSigner } from "./signed-line.ts";

const script = fileURLToPath(new URL("python/verify.py", vectorFolder));
const others = fileURLToPath(new URL("../../../../../shared/vectors/", import.meta.url));

/** What came of a run of the Python verifier. */
interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What it says of a set of vectors. */
interface Report {
  readonly file: string;
  readonly valid: number;
  readonly invalid: number;
  readonly wrong: readonly string[];
  readonly skipped?: readonly string[];
  readonly refused?: Readonly<Record<string, string>>;
}

function python(args: readonly string[], input: string | Uint8Array = ""): Ran {
  const { status, stdout, stderr, error } = spawnSync("python3", ["-B", ...args], {
    input,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Why Python cannot be asked, or null when it can. */
function whyNoPython(): string | null {
  const { status, stdout, error } = spawnSync(
    "python3",
    ["-c", "import sys; print(sys.version_info >= (3, 11))"],
    { encoding: "utf8" },
  );
  if (error !== undefined || status !== 0) return "there is no python3";
  return stdout.trim() === "True" ? null : "python3 is older than 3.11";
}

const lack = whyNoPython();
const say = lack === null ? "" : ` (skipped: ${lack})`;

function reportsOf(...args: readonly string[]): readonly Report[] {
  const { code, stdout, stderr } = python([script, ...args, "--json"]);
  expect(stderr).toBe("");
  const reports: readonly Report[] = JSON.parse(stdout);
  expect(reports.flatMap(({ file, wrong }) => wrong.map((what) => `${file}: ${what}`))).toEqual([]);
  expect(code).toBe(0);
  return reports;
}

// Each run starts an interpreter, which takes seconds where many tests run at once.
describe.skipIf(lack !== null)(`the verifier in Python${say}`, { timeout: 120_000 }, () => {
  it("finds of every published vector what it should", () => {
    const reports = reportsOf("vectors", fileURLToPath(vectorFolder));
    expect(reports.map(({ file, valid, invalid }) => [file, valid + invalid])).toEqual(
      reports.map(({ file }) => [file, readVectors(file.replace(/\.json$/, "")).numberOfTests]),
    );
    expect(reports.length).toBeGreaterThanOrEqual(10);
    // Where the machine has no time zones, Python has none.
    const skipped = reports.flatMap((report) => report.skipped ?? []);
    expect(skipped.filter((what) => !what.includes("No time zone found"))).toEqual([]);
    if (skipped.length > 0) console.warn(`skipped in Python:\n${skipped.join("\n")}`);
  });

  it("says of damaged streams, to the letter, what TypeScript says", async () => {
    const sources = ["chains", "key_rotation", "checkpoints", "trimmed_chains"].flatMap((name) =>
      readVectors(name).testGroups.flatMap((group) => group.tests as unknown as readonly Stream[]),
    );
    const streams = damagedStreams(sources, 400, 1);
    const reports = await Promise.all(
      streams.map(async ({ lines, options }) =>
        reportJson(await verifyChain(lines, options as VerifyOptions)),
      ),
    );
    const tests = streams.map((stream, index) => {
      const report = reports[index] as JsonObject;
      const reason = reasonOf(report);
      const said = reason === undefined ? { result: "valid" } : { result: "invalid", reason };
      return { tcId: index + 1, comment: "", ...stream, report, ...said };
    });
    // They are damaged in many ways, and not all of them.
    expect(new Set(reports.map(reasonOf)).size).toBeGreaterThan(15);
    expect(tests.filter(({ result }) => result === "valid").length).toBeGreaterThan(20);
    const folder = mkdtempSync(join(tmpdir(), "tollgate-vectors-"));
    try {
      const file = { numberOfTests: tests.length, testGroups: [{ type: "VerifyChain", tests }] };
      writeFileSync(join(folder, "damaged.json"), JSON.stringify(file));
      expect(reportsOf("vectors", folder)).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!existsSync(others))("passes Project Wycheproof's Ed25519 vectors", () => {
    const [report] = reportsOf("wycheproof", `${others}wycheproof/ed25519_test.json`);
    expect(report).toMatchObject({ valid: 88, invalid: 63 });
  });

  it.skipIf(!existsSync(others))(
    "writes RFC 8785's test data byte for byte, and knows what receipts refuse of it",
    () => {
      const [report] = reportsOf("rfc8785", `${others}rfc8785`);
      expect(report).toMatchObject({ valid: 6, refused: refusedByReceipts });
    },
  );

  it("signs a receipt that is byte for byte what TypeScript makes of it, and that it accepts", async () => {
    const signer = vectorSigner(42);
    const header = {
      v: 1,
      id: "019cadd4-5620-7000-8000-0000000000ff",
      chain: "from-python",
      seq: 0,
      prev: null,
    };
    const time = "2026-03-02T09:15:00.000Z";
    const key = { ...header, time, type: "key", kid: signer.kid, jwk: { ...signer.publicKey } };
    const [opening = ""] = chainLines([key], signer);
    const first = sign(key, signer.seed);
    expect(first).toBe(opening);

    const { decision } = sampleBodies(signer);
    const reason = 'of "Python", \u20ac\u{1f600}\n';
    const said = { ...(decision?.decision as object), reason };
    const prev = (await verifyChain([first])).chains[0]?.digest;
    const body = {
      ...decision,
      ...header,
      id: "019cadd4-5620-7000-8000-0000000000fe",
      time,
      seq: 1,
      prev,
      decision: said,
    };
    const second = sign(body, signer.seed);
    expect(second).toBe(signLine(body, signer));
    expect(await verifyChain([first, second], { keys: [signer.publicKey] })).toMatchObject({
      verdict: "authentic",
      receipts: 2,
      open: 1,
    });
  });

  it("verifies files from the command line, and says what is wrong with bad input in one line", () => {
    const [group] = readVectors("chains").testGroups;
    const lines = group?.tests[0]?.lines as unknown as readonly string[];
    const file = lines.map((line) => `${line}\n`).join("");
    const key = JSON.stringify(vectorSigner(7).publicKey);
    expect(python([script, "chain", "-", "--key", key, "--closed"], file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^authentic: 5 /),
    });
    expect(python([script, "chain", "-"], file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^bound: 5 /),
    });
    expect(
      python([script, "chain", "-", "--key", key, "--closed"], lines.slice(0, 4).join("\n")),
    ).toMatchObject({ code: 1, stdout: expect.stringMatching(/missing_tail/) });
    expect(python([script, "chain", "-"], new Uint8Array(1000))).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/not_json at line 1/),
    });
    for (const args of [
      ["chain", "nowhere.jsonl"],
      ["chain", "-", "--key", "x"],
      ["sign", "--seed", "00"],
      ["vectors", "nowhere"],
    ]) {
      const { code, stdout, stderr } = python([script, ...args], file);
      expect([code, stdout], args.join(" ")).toEqual([2, ""]);
      expect(stderr).toMatch(/^verify\.py: .+\n$/);
    }
  });
});

function reasonOf(report: JsonObject): string | undefined {
  return (report.break as { readonly reason: string } | null)?.reason;
}

function sign(body: object, seed: string): string {
  const { code, stdout, stderr } = python([script, "sign", "--seed", seed], JSON.stringify(body));
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.replace(/\n$/, "");
}

/** RFC 8785's files that are in no receipt: all have keys beyond `[a-z_][a-z0-9_]*`, or fractions. */
const refusedByReceipts = {
  arrays: "bad_key",
  french: "bad_key",
  structures: "bad_key",
  unicode: "bad_key",
  values: "bad_number",
  weird: "bad_key",
};
