import { StorageFailed } from "@tollgate/core";
import type { PostgresClient } from "./pool.ts";

/** The oldest that takes the schema: functions whose body is standard SQL are new in it. */
const oldestVersion = 14;

/** @throws StorageFailed for a server that is too old for the schema. */
export async function refuseOlderServer(client: PostgresClient): Promise<void> {
  const { rows } = await client.query({
    text: "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name",
  });
  const { number, name } = rows[0] as { readonly number: string; readonly name: string };
  if (Number(number) >= oldestVersion * 10_000) return;
  throw new StorageFailed(
    `the schema tollgate needs PostgreSQL ${oldestVersion} or later, and this server is ${name}: connect to a newer one`,
  );
}
