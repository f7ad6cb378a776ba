import { leaseLaws } from "@tollgate/conformance/lease-laws";
import type { Clock } from "@tollgate/core";
import { afterAll, describe, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

describe("a ledger in PostgreSQL that processes lease from", () => {
  const make = async (clock: Clock) => {
    await emptySchema(pool);
    return postgresLedger(pool, { clock, time: "caller" });
  };
  for (const { rule, check } of leaseLaws(make, { runs: 40 })) it(rule, check, 120_000);
});
