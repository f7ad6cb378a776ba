import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

describe("verifying in several threads", () => {
  it.each(["1", "2", "3"])("is asked for with --jobs %s", async (jobs) => {
    using folder = new TestFolder();
    const whole = await tollgate(["verify", samplePath, "-k", sampleKey, "--jobs", jobs]);
    expect([whole.code, whole.stderr]).toEqual([0, ""]);
    const forged = sampleLines.map((line, index) =>
      index === 7 ? line.replace(/"sig":"./, '"sig":"_') : line,
    );
    const file = folder.write("forged.jsonl", forged.join("\n"));
    const broken = await tollgate(["verify", file, "-k", sampleKey, "--jobs", jobs]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/line 8, chain invoices, sequence 7: bad_signature: /);
    const missing = await tollgate(["verify", "gone.jsonl", "-k", sampleKey, "--jobs", jobs]);
    expect([missing.code, missing.stdout]).toEqual([2, ""]);
  });
});
