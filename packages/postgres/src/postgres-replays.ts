import { createHash, randomUUID } from "node:crypto";
import { readObject, readWhole } from "@tollgate/core/driver";
import type { ReplayStore } from "@tollgate/core/identity";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** Options of {@link postgresReplays}. */
export interface PostgresReplaysOptions {
  /**
   * How long a look-up may take in all: waiting for a connection, for the answer, and for further tries.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly timeoutMs?: number;
}

/**
 * Remembers in the schema `tollgate` which tokens were shown: one that opened a run opens no other, in any process
 * that shares the database, until it expires.
 *
 * Tokens are kept by their fingerprints, for an hour beyond their expiry by the database's clock, and then forgotten
 * as others are shown. The pool stays the application's.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresReplays(pool: PostgresPool, options: PostgresReplaysOptions = {}): ReplayStore {
  readObject(options, "options", ["timeoutMs"]);
  const { timeoutMs = 4000 } = options;
  const database = new Database(pool, readWhole(timeoutMs, "timeoutMs", 1));
  return {
    async use(id, expiresAt, now) {
      // Ids may be long, or no text that PostgreSQL takes.
      const fingerprint = createHash("sha256").update(JSON.stringify(id)).digest("base64url");
      const { rows } = await database.ask({
        text: "SELECT tollgate.use_token($1, $2, $3, $4) AS is_new",
        // Whoever has to ask again is known by the last of them.
        values: [fingerprint, Math.ceil(expiresAt), Math.floor(now), randomUUID()],
        repeatable: true,
      });
      return rows[0]?.is_new === "t";
    },
  };
}
