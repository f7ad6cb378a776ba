import type pg from "pg";
import type { PostgresPool } from "../src/index.ts";

/** A pool whose statements are all done, and every other of them answered. */
export function losing(real: pg.Pool): PostgresPool {
  let count = 0;
  return {
    on: (event: "error" | "connect", listener: never) => real.on(event as "error", listener),
    listeners: (event) => real.listeners(event),
    async connect() {
      const client = await real.connect();
      return {
        async query(query) {
          const answer = await client.query(query);
          count += 1;
          if (count % 2 === 0) return answer;
          throw Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      };
    },
  };
}
