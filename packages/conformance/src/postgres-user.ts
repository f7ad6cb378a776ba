import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes the system's user `postgres`, as root, where there is none yet.
 *
 * On a new machine several processes want it at once, and `useradd` gives a user that is made twice a new number: one
 * process makes it, and the others wait for that, a minute at most.
 */
export async function makePostgresUser(): Promise<void> {
  let failure: unknown;
  for (let tries = 0; tries < 600; tries++) {
    if (await exists()) return;
    const turn = await takeTurn();
    try {
      if (turn !== null && !(await exists())) {
        await run("groupadd", ["--force", "postgres"]);
        await run("useradd", ["--gid", "postgres", "postgres"]);
      }
    } catch (error) {
      // The system's files may be locked by somebody else.
      failure = error;
    } finally {
      turn?.close();
    }
    await sleep(100);
  }
  throw failure ?? new Error("the user postgres is being made by another process, which does not end");
}

/** A name of Linux's that one process has at a time, and that is free again when it ends; null while it is taken. */
async function takeTurn(): Promise<Server | null> {
  const turn = createServer();
  turn.listen("\0tollgate-postgres-user");
  return once(turn, "listening").then(
    () => turn,
    () => null,
  );
}

function exists(): Promise<boolean> {
  return run("id", ["--user", "postgres"]).then(
    () => true,
    () => false,
  );
}
