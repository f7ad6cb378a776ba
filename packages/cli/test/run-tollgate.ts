import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

// Each run starts a process, which takes seconds where the machine is busy.
vi.setConfig({ testTimeout: 180_000 });

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What a run of the command came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the command is run. */
export interface RunOptions {
  /** What comes in on standard input, which then ends. @default nothing */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the real command, from source, in a process of its own. */
export function startTollgate(
  args: readonly string[],
  { env = {}, cwd }: RunOptions = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ["--conditions=tollgate-source", main, ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs the real command to its end. */
export async function tollgate(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = startTollgate(args, options);
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  // The command may end before it has read all of it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
