import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { env, script } from "./node-script.ts";
import type { Told } from "./spend.ts";

/** A process that spends. */
export interface Spender {
  readonly process: ChildProcess;
  /** Resolves with its first answer, or its end. */
  readonly begun: Promise<unknown>;
  /** Resolves when all that it told was read. */
  readonly ended: Promise<unknown>;
}

/** Starts a process that spends, and hands on what it is told. */
export function startSpender(args: readonly string[], tell: (told: Told) => void): Spender {
  const child = spawn(process.execPath, [...script("./spender.process.ts"), ...args], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => {
    try {
      tell(JSON.parse(line) as Told);
    } catch {
      // The line that it was killed over: what it says was not told.
    }
  });
  const ended = once(lines, "close");
  return { process: child, begun: Promise.race([once(lines, "line"), ended]), ended };
}
