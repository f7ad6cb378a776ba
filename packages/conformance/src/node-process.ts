import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A Node process that runs a script, and the lines that it has written whole so far. */
export interface NodeProcess {
  readonly lines: readonly string[];
  /** Resolves when it has written so many lines, or has ended. */
  hasWritten(count: number): Promise<void>;
  /** Writes a line to its standard input. */
  tell(line: string): void;
  kill(): void;
  /** Resolves with its exit code when it has ended by itself, with the signal that ended it otherwise. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a script of the workspace from its source; hands on each line that it writes, too, where that is asked. */
export function startNode(
  script: URL,
  args: readonly (string | number)[],
  hear: (line: string) => void = () => undefined,
): NodeProcess {
  // Without what a test runner tells its own processes.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const flags = ["--conditions=tollgate-source", "--no-warnings"];
  const child: ChildProcess = spawn(
    process.execPath,
    [...flags, fileURLToPath(script), ...args.map(String)],
    {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  let rest = "";
  const ended = once(child, "close").then(([code, signal]) => signal ?? code);
  // It may end before it has heard everything.
  child.stdin?.on("error", () => undefined);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    // A last line without its line feed was cut short: nobody heard it.
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      hear(line);
    }
    for (const watch of watchers) watch();
  });
  return {
    lines,
    hasWritten: (count) =>
      Promise.race([
        ended.then(() => undefined),
        new Promise<void>((resolve) => {
          const watch = () => {
            if (lines.length >= count) resolve();
          };
          watchers.add(watch);
          watch();
        }),
      ]),
    tell: (line) => void child.stdin?.write(`${line}\n`),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
