import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { killRounds } from "./kill-rounds.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-kills-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a gate that is killed twenty times has lost no receipt that it told of, and its chain goes on unforked", async () => {
  const { failures, report, acknowledged, checkpoints, files } = await killRounds(folder, 20);
  expect(failures).toEqual([]);
  expect(report).toMatchObject({ verdict: "authentic", break: null });
  expect(report.receipts).toBeGreaterThanOrEqual(acknowledged);
  // Or nothing was tried.
  expect(acknowledged).toBeGreaterThan(1000);
  expect(checkpoints).toBeGreaterThan(0);
  expect(files).toBeGreaterThan(1);
}, 180_000);
