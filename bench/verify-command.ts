import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

/** What a run of `tollgate verify` came to. */
export interface VerifyRun {
  readonly seconds: number;
  /** The most memory that its process took at once, in megabytes of 10^6 bytes. */
  readonly peakMb: number;
  readonly receipts: number;
}

/** What `tollgate verify` is to do. */
export interface VerifyJob {
  readonly path: string;
  /** Only so many receipts of the file, through a pipe. @default all, from the file itself */
  readonly first?: number;
  /** The file of the key that signed the receipts. */
  readonly key: string;
  readonly jobs: number;
}

const command = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const preload = new URL("./report-memory.ts", import.meta.url).href;

/** Runs the real command from source, with all that it takes to start. @throws Error unless the log is authentic */
export async function runVerify({ path, first, key, jobs }: VerifyJob): Promise<VerifyRun> {
  const start = performance.now();
  const options = ["verify", first === undefined ? path : "-", "--key", key, "--jobs", `${jobs}`, "--json"];
  const child = spawn(
    process.execPath,
    ["--conditions=tollgate-source", "--import", preload, command, ...options],
    { stdio: ["pipe", "pipe", "inherit", "pipe"] },
  );
  const input = first === undefined ? Readable.from([]) : Readable.from(firstLines(path, first));
  const fed = pipeline(input, child.stdin as Writable);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const said = ["", ""];
  for (const [index, stream] of [child.stdout, child.stdio[3]].entries()) {
    stream?.on("data", (chunk: Buffer) => {
      said[index] += chunk.toString();
    });
  }
  await fed;
  const code = await ended;
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`tollgate verify ended with ${code}: ${said[0]}`);
  const { receipts } = JSON.parse(said[0] ?? "") as { readonly receipts: number };
  return { seconds, peakMb: Number(said[1]), receipts };
}

/** The first lines of a file, as chunks of bytes. */
async function* firstLines(path: string, count: number): AsyncGenerator<Uint8Array, void, void> {
  let left = count;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let end = 0;
    while (left > 0 && end < chunk.length) {
      const at = chunk.indexOf(0x0a, end);
      if (at === -1) break;
      end = at + 1;
      left -= 1;
    }
    if (left > 0) yield chunk;
    else return yield chunk.subarray(0, end);
  }
}
