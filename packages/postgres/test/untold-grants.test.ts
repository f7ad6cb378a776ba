import { untoldLaws } from "@tollgate/conformance/lease-laws";
import { afterAll, describe, it } from "vitest";
import { migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);

describe("grants out of leases that nobody was told of, in PostgreSQL", () => {
  const laws = untoldLaws(async (clock, recordWithinMs) => {
    await emptySchema(pool);
    const ledger = postgresLedger(pool, { time: "caller", clock, recordWithinMs });
    return {
      ledger,
      log: postgresLog(pool),
      rest: () => ledger.close(),
      close: () => ledger.close(),
    };
  });
  for (const { rule, check } of laws) it(rule, check, 60_000);
});
