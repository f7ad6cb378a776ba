import { ledgerLaws } from "@tollgate/conformance/ledger-laws";
import { afterAll, describe, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

describe("a ledger in PostgreSQL", () => {
  const make = async () => {
    await emptySchema(pool);
    return postgresLedger(pool, { time: "caller" });
  };
  for (const { rule, check } of ledgerLaws(make, { runs: 40 })) it(rule, check);
});
