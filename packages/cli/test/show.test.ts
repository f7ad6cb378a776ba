import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const ofReports = sampleLines.filter(
  (line) => line.includes('"chain":"reports"') && !line.includes('"heads"'),
);

describe("tollgate show", () => {
  it("shows the run at once where there is only one", async () => {
    using folder = new TestFolder();
    const file = folder.write("one.jsonl", ofReports.join("\n"));
    const asked = await tollgate(["show", file, "-r", "report-8"]);
    expect([asked.code, asked.stdout.split("\n")[0]]).toEqual([
      0,
      "run report-8 for tenant=acme user=bob agent=reporter",
    ]);
    expect((await tollgate(["show", file])).stdout).toBe(asked.stdout);
  });

  it("lists runs with what they came to, and counts a child towards its topmost run", async () => {
    const { stdout } = await tollgate(["show", samplePath, "-k", sampleKey, "--json"]);
    const runs = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(runs).toMatchObject([
      { run: "invoice-7", decisions: 6, refused: 1, open: 0, stopped: null },
      { run: "report-8", decisions: 3, refused: 3, booked: "0", stopped: "tables are never dropped" },
    ]);
  });

  it("shows a child by its own id", async () => {
    const { code, stdout } = await tollgate(["show", samplePath, "-r", "invoice-7-reader", "--json"]);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).body.seq),
    ).toEqual([5, 6]);
  });

  it("counts what is still under way", async () => {
    using folder = new TestFolder();
    const file = folder.write("half.jsonl", sampleLines.slice(0, 2).join("\n"));
    expect((await tollgate(["show", file])).stdout).toContain("1 without an end on record");
  });

  it("shows nothing from a break on when it is to verify first", async () => {
    using folder = new TestFolder();
    const lines = sampleLines.map((line, index) =>
      index === 3 ? line.replace("search_invoices", "steal_invoices") : line,
    );
    const file = folder.write("changed.jsonl", lines.join("\n"));
    const { code, stdout, stderr } = await tollgate(["show", file, "-r", "invoice-7", "-k", sampleKey]);
    expect(code).toBe(1);
    expect(stdout).toContain("#2");
    expect(stdout).not.toContain("steal");
    expect(stderr).toMatch(
      /^tollgate: broken at .* line 4, chain invoices, sequence 3: bad_signature: [^\n]+\n$/,
    );
  });

  it("says when no receipt belongs to a run", async () => {
    using folder = new TestFolder();
    const { code, stderr } = await tollgate(["show", folder.write("key.jsonl", `${sampleLines[0]}\n`)]);
    expect([code, stderr]).toEqual([2, "tollgate: no receipt in it belongs to a run\n"]);
  });
});
