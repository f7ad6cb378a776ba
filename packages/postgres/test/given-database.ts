import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { env, script } from "./node-script.ts";

/** A database on somebody else's server. */
export interface GivenDatabase {
  readonly url: string;
  /** Drops it. */
  remove(): Promise<void>;
}

/** Makes a database on the server of `url`, which is gone when it is removed or this process ends. */
export async function makeDatabase(url: string): Promise<GivenDatabase> {
  const keeper = spawn(process.execPath, [...script("./given-database.process.ts"), url], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(keeper, "exit");
  const [line] = await Promise.race([once(createInterface(keeper.stdout), "line"), ended]);
  if (typeof line !== "string") throw new Error("no database could be made on TOLLGATE_TEST_DATABASE_URL");
  return {
    url: line,
    async remove() {
      keeper.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`the database was not dropped: ${line}`);
    },
  };
}
