// The soak's part about one gate: a million decisions through one file, then 200 gates that are killed while they write
// one chain. `soak.ts` runs it. Exits with 1 when memory grew, a chain does not verify, the receipts and the ledger
// disagree, or a receipt is lost.
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Gate } from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { receiptLines, replayBalances, type VerifyReport, verifyChain } from "@tollgate/core/verify";
import { type KilledLog, killRounds } from "./kill-rounds.ts";
import { reservationTtlMs, SoakLoad, soakGate } from "./soak-load.ts";
import { runVerify, type VerifyRun } from "./verify-command.ts";

const maxGrowthMb = 50;
/**
 * What the command may take to verify a million receipts: 200 MB, and what Node takes to run it from TypeScript,
 * some 25 MB, which the published one does without.
 */
const maxVerifyMb = 200 + 25;
const steps = 10;

const { values } = parseArgs({
  options: {
    decisions: { type: "string", default: "1000000" },
    kills: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
  },
});
const decisions = Number(values.decisions);
if (!Number.isSafeInteger(decisions) || decisions < steps) {
  throw new RangeError(`--decisions takes a whole number of ${steps} or more`);
}
const kills = Number(values.kills);
if (!Number.isSafeInteger(kills) || kills < 0) throw new RangeError("--kills takes a whole number");
if (globalThis.gc === undefined) throw new Error("start it with --expose-gc: soak.ts does");

const folder = mkdtempSync(join(tmpdir(), "tollgate-soak-"));
try {
  await soak(join(folder, "receipts.jsonl"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function soak(path: string): Promise<void> {
  say(`${decisions} decisions; receipts go to a buffered file: safe from a crash of the process alone`);
  const gate = soakGate(fileLog(path, { durability: "buffered" }));
  const load = new SoakLoad(gate);
  const startMb = await heapMb();
  let growthMb = 0;
  for (let step = 1; step <= steps; step++) {
    const start = performance.now();
    const count = Math.floor((decisions * step) / steps) - Math.floor((decisions * (step - 1)) / steps);
    await load.decide(count);
    const seconds = (performance.now() - start) / 1000;
    const nowMb = await heapMb();
    growthMb = Math.max(growthMb, nowMb - startMb);
    const done = Math.floor((decisions * step) / steps);
    say(`${done} decided, ${Math.round(count / seconds)}/s, heap ${nowMb.toFixed(1)} MB`);
  }
  await expireAll(gate);
  const kept = (await gate.balances()).filter(isUsed).map(briefly).sort();
  await gate.close();

  say(`verifying ${Math.round(statSync(path).size / 1e6)} MB of receipts ...`);
  let checkpoints = 0;
  const countCheckpoints = async function* (lines: AsyncIterable<Uint8Array>) {
    for await (const line of lines) {
      if (Buffer.from(line.buffer, line.byteOffset, line.length).includes('"type":"checkpoint"'))
        checkpoints++;
      yield line;
    }
  };
  const lines = countCheckpoints(receiptLines(createReadStream(path)));
  const report = await verifyChain(lines, { keys: [gate.publicKey] });
  say("replaying them ...");
  const replayed = (await replayBalances(receiptLines(createReadStream(path))))
    .filter(isUsed)
    .map(briefly)
    .sort();
  const key = join(folder, "key.jwk");
  writeFileSync(key, JSON.stringify(gate.publicKey));
  say("tollgate verify reads the first million ...");
  const command = await runVerify({ path, first: 1_000_000, key, jobs: 1 });
  const killed = kills === 0 ? null : await killGates();
  conclude({ growthMb, kept, replayed, report, checkpoints, load, killed, command });
}

function killGates(): Promise<KilledLog> {
  say(`killing ${kills} gates while they write one chain to one log ...`);
  return killRounds(mkdtempSync(join(folder, "kills-")), kills);
}

/** Waits until the permits that were left open have given their money back. */
async function expireAll(gate: Gate): Promise<void> {
  const deadline = Date.now() + 2 * reservationTtlMs;
  while (Date.now() < deadline && (await gate.balances()).some(({ held }) => held > 0n)) await sleep(100);
}

interface Outcome {
  readonly growthMb: number;
  readonly kept: readonly string[];
  readonly replayed: readonly string[];
  readonly report: VerifyReport;
  readonly checkpoints: number;
  readonly load: SoakLoad;
  readonly killed: KilledLog | null;
  readonly command: VerifyRun;
}

function conclude({ growthMb, kept, replayed, report, checkpoints, load, killed, command }: Outcome): void {
  const outcome = {
    decisions,
    outcomes: Object.fromEntries(load.tally),
    heapGrowthMb: Math.round(growthMb * 10) / 10,
    verdict: report.verdict,
    receipts: report.receipts,
    checkpoints,
    closed: report.chains.every(({ closed }) => closed),
    openDecisions: report.open,
    balances: kept.length,
    balancesReplay: kept.join("\n") === replayed.join("\n"),
    commandReceipts: command.receipts,
    commandPerSecond: Math.round(command.receipts / command.seconds),
    commandPeakMb: Math.round(command.peakMb),
    ...(killed === null
      ? {}
      : {
          kills: killed.rounds,
          killedReceipts: killed.report.receipts,
          killedAcknowledged: killed.acknowledged,
          killedCheckpoints: killed.checkpoints,
          killedVerdict: killed.report.verdict,
        }),
  };
  const failures = [
    growthMb < maxGrowthMb ? "" : `the heap grew by ${outcome.heapGrowthMb} MB, ${maxGrowthMb} are allowed`,
    report.verdict === "authentic" ? "" : `the chain is ${report.verdict}: ${report.break?.message}`,
    report.open === 0 ? "" : `${report.open} decisions have no end`,
    outcome.balancesReplay ? "" : "the receipts do not come to the ledger's balances",
    command.peakMb < maxVerifyMb
      ? ""
      : `tollgate verify took ${outcome.commandPeakMb} MB, ${maxVerifyMb} are allowed`,
    ...(killed?.failures ?? []).map((failure) => `killed gates: ${failure}`),
  ].filter((failure) => failure !== "");
  if (values.json) console.log(JSON.stringify({ ...outcome, failures }));
  else console.log(outcome);
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** What lives on the heap, in megabytes, once everything else is collected. */
async function heapMb(): Promise<number> {
  // Twice: what a finalizer held goes with the second.
  for (let turn = 0; turn < 2; turn++) {
    await sleep(10);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed / 1e6;
}

interface AnyBalance {
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  readonly spent: bigint;
  readonly held: bigint;
}

function isUsed({ spent, held }: AnyBalance): boolean {
  return spent !== 0n || held !== 0n;
}

function briefly({ budget, partition, window, unit, spent, held }: AnyBalance): string {
  return `${budget} ${partition} ${window} ${unit} ${spent} ${held}`;
}

function say(text: string): void {
  if (!values.json) console.log(text);
}
