import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileLog } from "@tollgate/core/node";
import { measuredGate, modelCall, modelUsage, toolCall } from "./measured-gate.ts";
import { type Result, Samples } from "./samples.ts";
import { runVerify } from "./verify-command.ts";

const decisions = 100_000;
const rounds = 2;

/**
 * Measures what `tollgate verify` takes for each receipt of a file of 200,000, with one thread and with two;
 * starting it is part of that.
 */
export async function measureVerifyFiles(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const [path, key] = [join(folder, "receipts.jsonl"), join(folder, "key.jwk")];
  try {
    await writeLog(path, key);
    const threads = [1, 2] as const;
    const samples = threads.map((jobs) => new Samples(`verify_file_jobs_${jobs}`, rounds));
    for (let round = 0; round < rounds; round++) {
      for (const [index, jobs] of threads.entries()) {
        const { seconds, receipts } = await runVerify({ path, key, jobs });
        samples[index]?.add((seconds * 1000) / receipts);
      }
    }
    return samples.map((each) => each.result());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeLog(path: string, key: string): Promise<void> {
  const { gate, decide } = measuredGate({ log: fileLog(path, { durability: "buffered" }) });
  for (let index = 0; index < decisions; index++) {
    const isTool = index % 2 === 0;
    await (await decide(isTool ? toolCall : modelCall)).settle(isTool ? {} : modelUsage);
  }
  await gate.close();
  writeFileSync(key, JSON.stringify(gate.publicKey));
}
