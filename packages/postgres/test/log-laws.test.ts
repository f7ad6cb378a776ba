import { logLaws } from "@tollgate/conformance/log-laws";
import { afterAll, describe, it } from "vitest";
import { migrate, postgresLog } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);

describe("a receipt log in PostgreSQL", () => {
  const make = async () => {
    await emptySchema(pool);
    return { open: () => postgresLog(pool) };
  };
  for (const { rule, check } of logLaws(make, { runs: 30 })) it(rule, check);
});
