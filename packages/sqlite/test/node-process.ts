import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A Node process that runs one of the `*.process.ts` here, and the lines that it has written whole so far. */
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

/** Starts `name.process.ts` from this folder. */
export function startProcess(name: string, args: readonly (string | number)[]): NodeProcess {
  const path = fileURLToPath(new URL(`./${name}.process.ts`, import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=tollgate-source", "--no-warnings", path, ...args.map(String)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  let rest = "";
  const ended = once(child, "close").then(([code, signal]) => signal ?? code);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    // A last line without its line feed was cut short: nobody heard it.
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
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
