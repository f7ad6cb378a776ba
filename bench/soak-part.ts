import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A part of the soak: a program that exits with 1 when a promise was broken. */
export interface SoakPart {
  readonly name: string;
  /** Its path in the repository. */
  readonly script: string;
  readonly args: readonly string[];
}

/** What came of a part. */
export interface SoakedPart {
  /** The JSON objects that it wrote, one a line; none where people are told. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** Why it failed; null when it did not. */
  readonly failed: string | null;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a part in a process of its own, whose memory is then the part's alone. */
export async function runPart({ script, args }: SoakPart, json: boolean): Promise<SoakedPart> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const flags = ["--expose-gc", "--conditions=tollgate-source", "--no-warnings"];
  const child = spawn(process.execPath, [...flags, path, ...args, ...(json ? ["--json"] : [])], {
    stdio: ["ignore", json ? "pipe" : "inherit", "inherit"],
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of signals) process.once(signal, pass);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code, signal] = await once(child, "close");
  for (const each of signals) process.off(each, pass);
  const told = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { told, failed: code === 0 ? null : `exited with ${code ?? signal}` };
}
