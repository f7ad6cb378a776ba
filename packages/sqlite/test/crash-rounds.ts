import { DatabaseSync } from "node:sqlite";
import { createGate, type PublicJwk, type Receipt, type ReceiptLog } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { budgets, callers, leaseTtlMs, reservationTtlMs } from "./crash-budgets.ts";
import { startProcess } from "./node-process.ts";

/** How long after an ending its receipt is missed, unless told otherwise. */
const recordWithinMs = 600_000;

/** How many receipts each sweep looks through at least. */
const lookedThrough = 2000;

/** How writers are killed. */
export interface CrashOptions {
  readonly path: string;
  readonly rounds: number;
  readonly durability: "full" | "normal";
  /** How many writers are killed in each round. @default 2 */
  readonly writers?: number;
  /** How much each of them leases at once. @default nothing: they ask for each call */
  readonly slice?: string;
  /** Hears of each round. */
  readonly onRound?: (round: number, acknowledged: number) => void;
}

/** What came of it; every list of problems has to be empty. */
export interface CrashOutcome {
  readonly acknowledged: number;
  readonly receipts: number;
  readonly verdict: string;
  /** Endings that were booked when their process died, and whose receipts the one that lives had to write. */
  readonly recorded: number;
  /** Decisions that were granted out of leases and told to nobody, but for their receipts. */
  readonly untold: number;
  readonly problems: readonly string[];
}

/**
 * Kills writers at random moments, round after round on one file, and looks whether the file has kept its promises:
 * nothing acknowledged is lost, no limit is exceeded, what dead writers held is free after one lifetime of a
 * reservation, the chains verify, and receipts and balances come to the same.
 */
export async function crashRounds(options: CrashOptions): Promise<CrashOutcome> {
  const { path, rounds, durability, writers = 2, slice = "", onRound } = options;
  const keys: PublicJwk[] = [];
  const problems: string[] = [];
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    const lines = (
      await Promise.all(
        Array.from({ length: writers }, (_, nth) =>
          killedWriter([path, durability, round, `writer-${round}-${nth}`, slice]),
        ),
      )
    ).flat();
    keys.push(
      ...lines.flatMap((line) => (line.startsWith("key ") ? [JSON.parse(line.slice(4)) as PublicJwk] : [])),
    );
    problems.push(...lostOf(path, lines), ...overspent(path));
    acknowledged += lines.length;
    onRound?.(round, lines.length);
  }
  const end = await lookAtEnd(path, keys);
  if (end.recorded > rounds * writers * callers) problems.push(`${end.recorded} endings had no receipt`);
  return { acknowledged, ...end, problems: [...problems, ...end.problems] };
}

/** Starts a writer, kills it at a random moment, and answers what it had acknowledged. */
async function killedWriter(args: readonly (string | number)[]): Promise<readonly string[]> {
  const writer = startProcess("writer", args);
  await writer.hasWritten(1 + Math.floor(Math.random() ** 2 * 400));
  writer.kill();
  const how = await writer.ended;
  if (how !== "SIGKILL") throw new Error(`a writer ended by itself: ${how}`);
  return writer.lines;
}

/** What was acknowledged and is not in the file. */
function lostOf(path: string, lines: readonly string[]): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const find = {
    decided: database.prepare("SELECT 1 FROM receipts WHERE hold = ? AND run IS NOT NULL"),
    settled: database.prepare(
      "SELECT 1 FROM receipts, ended WHERE hold = ended.id AND run IS NULL AND ended.id = ? AND state = 'settled'",
    ),
    released: database.prepare(
      "SELECT 1 FROM receipts, ended WHERE hold = ended.id AND run IS NULL AND ended.id = ? AND state = 'released'",
    ),
  };
  const lost = lines.filter((line) => {
    const [what = "", id = ""] = line.split(" ");
    return what in find && find[what as keyof typeof find].get(id) === undefined;
  });
  database.close();
  return lost.map((line) => `lost: ${line}`);
}

/** Limits that are exceeded; nobody settles for more than was reserved here. */
function overspent(path: string): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('SELECT * FROM balances WHERE spent + held > "limit" OR held < 0').all();
  database.close();
  return rows.map((row) => `overspent: ${JSON.stringify(row)}`);
}

/** How many decisions hold something by their receipts, have no end there, and are unknown to the ledger. */
function countUntold(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database
    .prepare(
      `SELECT count(*) AS untold FROM receipts AS one
       WHERE run IS NOT NULL AND hold IS NOT NULL AND json ->> '$.body.reservation' IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM receipts AS ends WHERE ends.hold = one.hold AND ends.run IS NULL)
         AND NOT EXISTS (SELECT 1 FROM live WHERE kind = 1 AND name = one.hold)
         AND NOT EXISTS (SELECT 1 FROM ended WHERE key = one.hold)`,
    )
    .get();
  database.close();
  return Number(row?.untold);
}

async function lookAtEnd(
  path: string,
  keys: readonly PublicJwk[],
): Promise<Omit<CrashOutcome, "acknowledged">> {
  const file = sqliteFile(path);
  const problems: string[] = [];
  const clock = manualClock(Date.now() + reservationTtlMs + leaseTtlMs);
  const untold = countUntold(path);
  const [ledger, log] = [sqliteLedger(file, { clock }), sqliteLog(file)];
  const gate = createGate({ ledger, log, chain: "survivor", clock, budgets, reservationTtlMs });
  const decide = async () => {
    // Sweeps before it decides.
    await (await gate.decide({ kind: "tool", name: "t", params: {} })).permit?.settle();
  };
  await decide();
  for (const { budget, window, held } of await ledger.balances({})) {
    if (held !== 0n) problems.push(`${budget} ${window} still holds ${held}`);
  }
  // What was booked and not recorded is told to those who live when it is missed for long enough.
  clock.set(clock.now() + recordWithinMs);
  let own = 1;
  for (let left = (await readAll(log)).length; left > 0; left -= lookedThrough) {
    await decide();
    own += 1;
    clock.set(clock.now() + 1000);
  }
  const receipts = await readAll(log);
  const report = await verifyChain(receipts, { keys: [...keys, gate.publicKey] });
  if (report.break !== null) problems.push(`${report.break.reason}: ${report.break.message}`);
  if (report.open > 0) problems.push(`${report.open} decisions have no end`);
  const kept = balanceList(await ledger.balances({}));
  const replayed = balanceList(await replayBalances(receipts));
  const [ours, theirs] = [kept.split("\n"), replayed.split("\n")];
  problems.push(
    ...ours.filter((line) => !theirs.includes(line)).map((line) => `the ledger says ${line}`),
    ...theirs.filter((line) => !ours.includes(line)).map((line) => `the receipts say ${line}`),
  );
  const recorded = receipts.filter(
    ({ body }) => body.type === "settlement" && body.chain === gate.chain && body.outcome !== "expired",
  );
  await gate.close();
  const { verdict } = report;
  return { receipts: receipts.length, verdict, recorded: recorded.length - own, untold, problems };
}

async function readAll(log: ReceiptLog): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of log.read()) receipts.push(receipt);
  return receipts;
}

interface AnyBalance {
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  readonly spent: bigint;
  readonly held: bigint;
}

function placeOf({ budget, partition, window, unit }: Omit<AnyBalance, "spent" | "held">): string {
  return `${budget} ${partition} ${window} ${unit}`;
}

function balanceList(balances: readonly AnyBalance[]): string {
  return balances
    .filter(({ spent, held }) => spent !== 0n || held !== 0n)
    .map((balance) => `${placeOf(balance)}: ${balance.spent} spent, ${balance.held} held`)
    .sort()
    .join("\n");
}
