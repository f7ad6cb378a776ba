import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaseLaws } from "@tollgate/conformance/lease-laws";
import type { Clock } from "@tollgate/core";
import { sqliteLedger } from "@tollgate/sqlite";
import { afterAll, beforeAll, describe, it } from "vitest";
import { OpenFile } from "../src/open-file.ts";

describe("an SQLite ledger that processes lease from", () => {
  let folder: string;
  let file: OpenFile;
  let letGo: () => Promise<void>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-sqlite-"));
    file = new OpenFile(join(folder, "leases.db"), { durability: "normal", busyTimeoutMs: 1000 });
    letGo = file.hold();
  });

  afterAll(async () => {
    await letGo();
    rmSync(folder, { recursive: true });
  });

  const make = (clock: Clock) => {
    file.database.exec("DELETE FROM live; DELETE FROM ended");
    file.cells.abandoned();
    return sqliteLedger(file, { clock });
  };
  for (const { rule, check } of leaseLaws(make)) it(rule, check, 120_000);
});
