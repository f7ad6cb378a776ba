import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileLog } from "@tollgate/core/node";
import { describe, it } from "vitest";
import { logLaws } from "../src/log-laws.ts";

describe.each(["fsync", "buffered"] as const)("a file log that is %s", (durability) => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), "log-laws-"));
    return {
      open: () => fileLog(join(folder, "receipts.jsonl"), { durability }),
      remove: () => rmSync(folder, { recursive: true }),
    };
  };
  for (const { rule, check } of logLaws(make)) it(rule, check);
});
