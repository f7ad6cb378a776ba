import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const bodies = sampleLines.map((line) => JSON.parse(line).body);

describe("tollgate prove", () => {
  it("writes a proof that verifies without the log, for any receipt that a checkpoint covers", async () => {
    using folder = new TestFolder();
    const { seq, id } = bodies.find(({ type, chain }) => type === "settlement" && chain === "invoices");
    const byId = await tollgate(["prove", samplePath, "-r", id]);
    const byPlace = await tollgate(["prove", samplePath, "-r", `invoices#${seq}`]);
    expect([byId.code, byId.stderr]).toEqual([0, ""]);
    expect(byPlace).toEqual(byId);
    expect(byId.stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    const proof = folder.write("receipt.tlog-proof", byId.stdout);
    const verified = await tollgate(["verify", proof, "-k", sampleKey]);
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
    expect(verified.stdout).toMatch(/^authentic: .*receipt 2 of chain invoices/);
    const piped = await tollgate(["verify", "-", "--bound"], { input: byId.stdout });
    expect([piped.code, piped.stdout.split(":")[0]]).toEqual([0, "bound"]);
    const json = await tollgate(["verify", proof, "-k", sampleKey, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: "authentic", receipt: { body: { id } } });
  });

  it("is broken when anything of it is changed, or the key is another", async () => {
    using folder = new TestFolder();
    const { stdout: proof } = await tollgate(["prove", samplePath, "-r", "reports#2"]);
    const other = folder.write(
      "other.jwk",
      '{"kty":"OKP","crv":"Ed25519","x":"6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw"}',
    );
    expect((await tollgate(["verify", "-", "-k", other], { input: proof })).code).toBe(1);
    for (const changed of [
      proof.replace("index 2", "index 1"),
      proof.replace(/\n\n(.*)\n(\d+)\n/, "\n\n$1\n9\n"),
      proof.replace("extra ", "extra e"),
      `${proof.trimEnd()}A\n`,
      `${proof}\n`,
      proof.split("\n").toSpliced(3, 1).join("\n"),
      proof.slice(0, 200),
    ]) {
      expect(changed).not.toBe(proof);
      const { code, stdout, stderr } = await tollgate(["verify", "-", "-k", sampleKey], { input: changed });
      expect([code, stderr]).toEqual([1, ""]);
      expect(stdout).toMatch(/^broken: [^\n]+\n$/);
    }
  });

  it.each([
    ["nobody's id", "019cadd4-0000-7000-8000-000000000000", /there is no receipt/],
    ["a place after the chain's end", "invoices#999", /there is no receipt/],
    ["another chain", "nowhere#1", /there is no receipt/],
    ["what comes after the last checkpoint", `invoices#${bodies.at(-1).seq}`, /no checkpoint/],
    ["a place without its chain", "#3", /<chain>#<sequence>/],
    ["no place", "invoices#last", /<chain>#<sequence>/],
  ])("has nothing to prove of %s", async (_what, receipt, message) => {
    const { code, stdout, stderr } = await tollgate(["prove", samplePath, "-r", receipt]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^tollgate: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("answers 1 for a chain that does not hold", async () => {
    using folder = new TestFolder();
    const changed = sampleLines.map((line) =>
      line.replace('"name":"search_invoices"', '"name":"search_everything"'),
    );
    const file = folder.write("changed.jsonl", changed.join("\n"));
    const { code, stderr, stdout } = await tollgate(["prove", file, "-r", "invoices#1"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^tollgate: chain "invoices" does not hold: [^\n]+\n$/);
  });
});
