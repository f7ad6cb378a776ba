import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logLaws } from "@tollgate/conformance/log-laws";
import { sqliteLog } from "@tollgate/sqlite";
import { describe, it } from "vitest";

describe.each([
  ["normal", 50],
  ["full", 5],
] as const)("an SQLite log whose durability is %s", (durability, runs) => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-sqlite-"));
    return {
      open: () => sqliteLog(join(folder, "receipts.db"), { durability }),
      remove: () => rmSync(folder, { recursive: true }),
    };
  };
  for (const { rule, check } of logLaws(make, { runs })) it(rule, check, 120_000);
});
