import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createKeyFile } from "@tollgate/core/node";
import { receiptLines, type VerifyReport, verifyChain } from "@tollgate/core/verify";

/** What became of a log whose writers were killed. */
export interface KilledLog {
  readonly rounds: number;
  /** Receipts that some writer was told are durable. */
  readonly acknowledged: number;
  readonly checkpoints: number;
  readonly files: number;
  readonly report: VerifyReport;
  /** What must not be, in words; empty when all held. */
  readonly failures: readonly string[];
}

/** How long a writer may take to start and to be killed, in milliseconds. */
const patience = 60_000;
const writer = fileURLToPath(new URL("killed-gate.ts", import.meta.url));

/**
 * Has one gate after the other write the same chain to the same log, and kills each at a random moment: while it
 * starts, reads, decides, writes a checkpoint or goes on in a new file.
 *
 * After each kill every receipt that any of them was told is durable must be in the log, word for word; at the
 * end the last one closes the chain, and all of it must verify.
 */
export async function killRounds(folder: string, rounds: number): Promise<KilledLog> {
  const log = join(folder, "receipts.jsonl");
  const keyFile = join(folder, "gate.jwk");
  const { publicKey } = createKeyFile(keyFile);
  const acknowledged = new Map<number, string>();
  const failures: string[] = [];
  for (let round = 0; round <= rounds; round++) {
    const durability = round % 2 === 0 ? "fsync" : "buffered";
    const args = round < rounds ? [log, keyFile, durability] : [log, keyFile, durability, "close"];
    const { lines, signal, stderr } = await runWriter(args, round < rounds ? randomMoment() : null);
    if (signal !== (round < rounds ? "SIGKILL" : null) || stderr !== "") {
      failures.push(`round ${round} ended by itself or told of a failure: ${stderr || signal}`);
    }
    for (const line of lines) {
      const [seq = "", sig = ""] = line.split(" ");
      const known = acknowledged.get(Number(seq));
      if (known !== undefined) failures.push(`receipt ${seq} was told of twice: the chain forked`);
      acknowledged.set(Number(seq), sig);
    }
    failures.push(...(await lost(folder, acknowledged)).map((what) => `after round ${round}: ${what}`));
    if (failures.length > 0) break;
  }
  const paths = filesOf(folder);
  const report = await verifyChain(allLines(paths), { keys: [publicKey], closed: true });
  if (report.verdict !== "authentic") {
    failures.push(`the chain is ${report.verdict}: ${report.break?.message}`);
  }
  if (report.chains.length !== 1) failures.push(`there are ${report.chains.length} chains`);
  return {
    rounds,
    acknowledged: acknowledged.size,
    checkpoints: await countCheckpoints(paths),
    files: paths.length,
    report,
    failures,
  };
}

/** When to kill: after so many receipts were told of, and so many milliseconds after that. */
interface Moment {
  readonly after: number;
  readonly delayMs: number;
}

/** Some early, before the first receipt; most while it writes. */
function randomMoment(): Moment {
  const isEarly = Math.random() < 0.1;
  return isEarly
    ? { after: 0, delayMs: Math.random() * 600 }
    : { after: 1 + Math.floor(Math.random() * 500), delayMs: Math.random() * 10 };
}

interface Ended {
  /** Every whole line that it wrote. */
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

async function runWriter(args: readonly string[], kill: Moment | null): Promise<Ended> {
  const child = spawn(process.execPath, ["--conditions=tollgate-source", "--no-warnings", writer, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience,
    killSignal: "SIGTERM",
  });
  let output = "";
  let stderr = "";
  let told = 0;
  const strike = async (): Promise<void> => {
    await sleep(kill?.delayMs ?? 0);
    child.kill("SIGKILL");
  };
  if (kill?.after === 0) void strike();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    const before = told;
    told += text.split("\n").length - 1;
    if (kill !== null && before < kill.after && told >= kill.after) void strike();
  });
  const [, signal] = await once(child, "close");
  // A last line without its line feed was cut short: nobody heard it.
  return { lines: output.split("\n").slice(0, -1), signal, stderr };
}

/** The files of the log, oldest first. */
function filesOf(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  const full = names.filter((name) => name !== "receipts.jsonl").sort();
  return [...full, "receipts.jsonl"].filter((name) => names.includes(name)).map((name) => join(folder, name));
}

async function* allLines(paths: readonly string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const path of paths) yield* receiptLines(createReadStream(path));
}

/** What was told of and is not there, or is there as something else. */
async function lost(folder: string, acknowledged: ReadonlyMap<number, string>): Promise<readonly string[]> {
  const signatures: string[] = [];
  for await (const line of allLines(filesOf(folder))) {
    const [, sig] = /"sig":"([^"]+)"\}$/.exec(new TextDecoder().decode(line)) ?? [];
    // The last one may have been cut short: its writer was not told that it is durable.
    if (sig !== undefined) signatures.push(sig);
  }
  return [...acknowledged].flatMap(([seq, sig]) =>
    signatures[seq] === sig
      ? []
      : [`receipt ${seq} was durable, and is ${signatures[seq] ? "another" : "gone"}`],
  );
}

async function countCheckpoints(paths: readonly string[]): Promise<number> {
  let count = 0;
  for await (const line of allLines(paths)) {
    if (new TextDecoder().decode(line).includes('"type":"checkpoint"')) count += 1;
  }
  return count;
}
