import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../codec/digest.ts";
import { receiptLines } from "../receipt/receipt-lines.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { fileLog } from "./file-log.ts";

const writer = fileURLToPath(new URL("../../test/file-log-writer.ts", import.meta.url));

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-log-"));
  path = join(folder, "receipts.jsonl");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the writer, kills it once it has acknowledged `after` receipts, and answers all it acknowledged. */
async function writeUntilKilled(durability: string, firstId: number, after: number): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ["--conditions=tollgate-source", "--no-warnings", writer, path, durability, `${firstId}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > after) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  // A last line without its line feed was cut short: nobody heard it.
  return output.split("\n").slice(0, -1);
}

describe.each(["fsync", "buffered"] as const)("a writer that is killed, being %s", (durability) => {
  it("has lost nothing that it acknowledged, and its chain goes on without a fork, ten times over", async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 10; round++) {
      acknowledged.push(...(await writeUntilKilled(durability, round * 1_000_000, 1 + round * 17)));
      // Takes over the dead writer's lock, and drops what it had not finished.
      const log = fileLog(path, { durability });
      const head = await log.head("main");
      await log.close?.();
      const digests: string[] = [];
      for await (const line of receiptLines(createReadStream(path))) {
        digests.push(digestOf(Buffer.from(line).toString()));
      }
      for (const entry of acknowledged) {
        const [seq, digest] = entry.split(" ");
        expect(digests[Number(seq)], `receipt ${seq} of round ${round}`).toBe(digest);
      }
      expect(head).toMatchObject({ seq: digests.length - 1, digest: digests.at(-1) });
    }
    const report = await verifyChain(receiptLines(createReadStream(path)));
    expect(report).toMatchObject({ verdict: "bound", break: null });
    expect(report.chains).toHaveLength(1);
    expect(acknowledged.length).toBeGreaterThan(500);
  }, 120_000);
});
