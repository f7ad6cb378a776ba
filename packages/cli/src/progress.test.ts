import { describe, expect, it } from "vitest";
import { grouped, progressLine } from "./progress.ts";

describe("a progress line", () => {
  it("tells how far it is, how fast, and how long to go", () => {
    const source = { totalBytes: 4_000_000, readBytes: 1_000_000, readLines: 12_345 };
    expect(progressLine(source, 10_000)).toBe(
      "██████░░░░░░░░░░░░░░░░░░ 25%  12,345 receipts  1,235/s  0:30 left",
    );
    expect(progressLine({ ...source, readBytes: 1000 }, 10_000)).toMatch(/░ 0% .* 11:06:30 left$/);
    expect(progressLine({ ...source, readBytes: 4_000_000 }, 10_000)).toMatch(/^█{24} 100% .* 0:00 left$/);
  });

  it("tells of a pipe, whose length nobody knows, what there is to tell", () => {
    expect(progressLine({ totalBytes: null, readBytes: 5, readLines: 1000 }, 500)).toBe(
      "1,000 receipts  2,000/s",
    );
  });

  it("promises nothing before anything was read", () => {
    const line = progressLine({ totalBytes: 100, readBytes: 0, readLines: 0 }, 600);
    expect(line).toBe("░░░░░░░░░░░░░░░░░░░░░░░░ 0%  0 receipts  0/s");
  });
});

describe("a whole number", () => {
  it.each<[number | bigint, string]>([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1_234_567, "1,234,567"],
    [9_223_372_036_854_775_807n, "9,223,372,036,854,775,807"],
  ])("has its thousands apart: %s", (value, text) => {
    expect(grouped(value)).toBe(text);
  });
});
