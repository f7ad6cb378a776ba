import { randomBytes } from "node:crypto";
import { startPostgres } from "@tollgate/conformance/postgres-server";
import pg from "pg";

/** A database on a real server. */
export interface TestDatabase {
  /** With a password in it that is like nothing else. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Makes a database and a role that owns it, for one test file: on a PostgreSQL of its own, or on the one of
 * TOLLGATE_TEST_DATABASE_URL.
 */
export async function startDatabase(): Promise<TestDatabase> {
  const given = process.env.TOLLGATE_TEST_DATABASE_URL ?? "";
  const server = given === "" ? await startPostgres("fsync=off") : { url: given, remove: async () => {} };
  const name = `tollgate_test_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await runOnce(
    server.url,
    `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${name} OWNER ${name}`,
  );
  const url = Object.assign(new URL(server.url), { username: name, password, pathname: `/${name}` });
  return {
    url: url.href,
    async stop() {
      await runOnce(server.url, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`);
      await server.remove();
    },
  };
}

async function runOnce(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Databases are not made in a transaction.
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
