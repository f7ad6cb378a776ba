import type pg from "pg";
import type { PostgresClient, PostgresPool, PostgresQuery } from "../src/pool.ts";

/** A pool whose statements are asked in another way: `ask` is given the client that they were for. */
export function wrappedPool(
  pool: pg.Pool,
  ask: (client: pg.PoolClient, query: PostgresQuery) => ReturnType<PostgresClient["query"]>,
): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect();
      return {
        query: (query) => ask(client, query),
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      };
    },
    on: (event: "error" | "connect", listener: never) => pool.on(event as "error", listener),
    listeners: (event) => pool.listeners(event),
  };
}
