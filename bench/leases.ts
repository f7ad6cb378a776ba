import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { leased } from "@tollgate/core/leases";
import { postgresLedger } from "@tollgate/postgres";
import type { Pool } from "pg";
import { measuredGate, toolCall } from "./measured-gate.ts";
import { measure, prepared } from "./sampler.ts";
import type { Result } from "./samples.ts";

const processes = 4;
const callers = 16;

/** Calls of each process. */
const calls = { postgres: 2000, leased: 20_000 };

/**
 * Measures what leases are for: one budget that four processes spend at once, held and settled in PostgreSQL by each
 * call and out of leases; and a gate's decisions with a leased ledger beside those with a memory ledger.
 */
export async function measureLeases(url: string, pool: Pool): Promise<readonly Result[]> {
  return [await together(url, "postgres"), await together(url, "leased"), ...(await measureDecisions(pool))];
}

/** What the processes come to together; the times are those of the slowest. */
async function together(url: string, manner: keyof typeof calls): Promise<Result> {
  const script = fileURLToPath(new URL("./ledger-caller.ts", import.meta.url));
  const children = Array.from({ length: processes }, () =>
    spawn(
      process.execPath,
      [...process.execArgv, script, url, manner, String(callers), String(calls[manner])],
      { stdio: ["pipe", "pipe", "inherit"] },
    ),
  );
  const lines = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
  await Promise.all(lines.map((each) => each.next()));
  const start = performance.now();
  for (const child of children) child.stdin.write("go\n");
  const results: Result[] = (await Promise.all(lines.map((each) => each.next()))).map(({ value }) =>
    JSON.parse(value ?? "null"),
  );
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  return {
    name: `spend_${manner}_${processes}_processes`,
    p50Us: Math.max(...results.map(({ p50Us }) => p50Us)),
    p99Us: Math.max(...results.map(({ p99Us }) => p99Us)),
    opsPerSecond: (processes * calls[manner]) / seconds,
  };
}

async function measureDecisions(pool: Pool): Promise<readonly Result[]> {
  const ledger = leased(postgresLedger(pool), { slice: ["$1000.00", "1M calls"] });
  const gates = { memory: measuredGate(), leased: measuredGate({ ledger }) };
  const rows = Object.entries(gates).map(([name, { decide }]) =>
    prepared({
      name: `decide_gate_${name}`,
      call: () => decide(toolCall),
      after: (permit) => void permit.settle(),
    }),
  );
  const results = await measure(rows, { rounds: 20, calls: 200, warmUp: 5 });
  for (const { gate } of Object.values(gates)) await gate.close();
  return results;
}
