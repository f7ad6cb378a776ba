import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerLaws } from "@tollgate/conformance/ledger-laws";
import { sqliteLedger } from "@tollgate/sqlite";
import { afterAll, beforeAll, describe, it } from "vitest";
import { OpenFile } from "../src/open-file.ts";

describe.each([
  ["normal", 200],
  // Each commit waits for the disk, and what differs is nothing else.
  ["full", 10],
] as const)("an SQLite ledger whose durability is %s", (durability, runs) => {
  let folder: string;
  let file: OpenFile;
  let letGo: () => Promise<void>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-sqlite-"));
    file = new OpenFile(join(folder, "laws.db"), { durability, busyTimeoutMs: 1000 });
    letGo = file.hold();
  });

  afterAll(async () => {
    await letGo();
    rmSync(folder, { recursive: true });
  });

  // Emptying one file takes a hundredth of the time that making one takes.
  const make = () => {
    file.database.exec("DELETE FROM live; DELETE FROM ended");
    file.cells.abandoned();
    return sqliteLedger(file);
  };
  for (const { rule, check } of ledgerLaws(make, { runs })) it(rule, check, 120_000);
});
