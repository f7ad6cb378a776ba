import { untoldLaws } from "@tollgate/conformance/lease-laws";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, it } from "vitest";
import { tempFile } from "./temp-folder.ts";

describe("grants out of leases that nobody was told of, in an SQLite file", () => {
  const laws = untoldLaws(async (clock, recordWithinMs) => {
    const file = sqliteFile(tempFile(), { durability: "normal" });
    const ledger = sqliteLedger(file, { clock, recordWithinMs });
    const log = sqliteLog(file);
    return {
      ledger,
      log,
      rest: () => Promise.resolve(),
      close: async () => {
        await ledger.close();
        await log.close?.();
      },
    };
  });
  for (const { rule, check } of laws) it(rule, check, 60_000);
});
