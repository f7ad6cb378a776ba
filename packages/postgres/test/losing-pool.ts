import type pg from "pg";
import type { PostgresPool } from "../src/index.ts";
import { wrappedPool } from "./wrapped-pool.ts";

/** A pool whose statements are all done, and every other of them answered. */
export function losing(real: pg.Pool): PostgresPool {
  let count = 0;
  return wrappedPool(real, async (client, query) => {
    const answer = await client.query(query);
    count += 1;
    if (count % 2 === 0) return answer;
    throw Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });
  });
}
