import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const soak = fileURLToPath(new URL("../../../bench/soak.ts", import.meta.url));
const decisions = 100_000;

describe(`a gate after ${decisions} decisions into a file`, () => {
  let report: {
    readonly decisions: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly heapGrowthMb: number;
    readonly verdict: string;
    readonly receipts: number;
    readonly checkpoints: number;
    readonly closed: boolean;
    readonly openDecisions: number;
    readonly balances: number;
    readonly balancesReplay: boolean;
    readonly failures: readonly string[];
  };

  // In a process of its own: the test runner's memory is anything but flat.
  beforeAll(async () => {
    const args = ["--expose-gc", "--conditions=tollgate-source", "--no-warnings", soak];
    // Kills have a test of their own.
    const command = [...args, `--decisions=${decisions}`, "--kills=0", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, command).catch((error) => {
      // It fails where a report has failures, and each of them has its test below.
      if (error?.stdout) return error as { stdout: string };
      throw error;
    });
    report = JSON.parse(stdout);
  }, 300_000);

  it("has a heap that grew by less than 50 MB", () => {
    expect(report.heapGrowthMb).toBeLessThan(50);
  });

  it("has written a chain that verifies to its end", () => {
    expect(report).toMatchObject({ verdict: "authentic", closed: true, openDecisions: 0 });
    const { settled = 0, released = 0, "left open": expired = 0 } = report.outcomes;
    // One for each decision and each ending, the checkpoints, and the chain's first and last.
    expect(report.receipts).toBe(decisions + settled + released + expired + report.checkpoints + 2);
    expect(report.checkpoints).toBeGreaterThan(100);
  });

  it("has receipts that come to the ledger's balances", () => {
    expect(report.balances).toBeGreaterThan(100);
    expect(report.balancesReplay).toBe(true);
  });

  it("has decided in every way", () => {
    const { allowed = 0, policy_denied = 0, budget_exceeded = 0 } = report.outcomes;
    expect(allowed + policy_denied + budget_exceeded).toBe(decisions);
    expect(Math.min(allowed, policy_denied, budget_exceeded)).toBeGreaterThan(1000);
    expect(report.outcomes).toMatchObject({
      settled: expect.any(Number),
      released: expect.any(Number),
      "left open": expect.any(Number),
    });
    expect(report.failures).toEqual([]);
  });
});
