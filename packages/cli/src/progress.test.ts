import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { grouped, progressLine, withProgress } from "./progress.ts";

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

describe("progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What is written to stderr while work takes so long. */
  async function shownDuring(
    ms: number,
    isTTY: boolean,
    outcome: () => string = () => "done",
  ): Promise<string> {
    let shown = "";
    const stderr = { isTTY, columns: 40, write: (text: string) => (shown += text) };
    const source = { totalBytes: 100, readBytes: 50, readLines: 7 };
    const work = withProgress({ stderr: stderr as unknown as NodeJS.WriteStream }, source, async () => {
      await vi.advanceTimersByTimeAsync(ms);
      return outcome();
    });
    await work.then(
      (answer) => expect(answer).toBe("done"),
      (error: Error) => expect(error.message).toBe("broken"),
    );
    return shown;
  }

  it("is shown on a terminal when work takes long, on one line, and taken away at its end", async () => {
    const shown = await shownDuring(1000, true);
    const lines = shown.split("\r").slice(1);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.replace("\u001b[K", "").length).toBeLessThan(40);
    expect(lines[0]).toContain("50%");
    expect(lines.at(-1)).toBe("\u001b[K");
  });

  it("is taken away when the work fails", async () => {
    const fail = (): string => {
      throw new Error("broken");
    };
    expect((await shownDuring(1000, true, fail)).endsWith("\r\u001b[K")).toBe(true);
  });

  it.each([
    [400, true],
    [10_000, false],
  ])("is not shown of work that takes %d ms (on a terminal: %s)", async (ms, isTTY) => {
    expect(await shownDuring(ms, isTTY)).toBe("");
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
