// Shows what Tollgate does, at a mock server: `npm run demo`, or `npm run demo -- --help`.
import { rmSync } from "node:fs";
import { createOpenAI } from "@ai-sdk/openai";
import { type Balance, createGate, type PublicJwk } from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { type DemoOptions, readArguments } from "./arguments.ts";
import type { Demo } from "./demo.ts";
import { LiveTable } from "./live-table.ts";
import { startMockOpenAI } from "./mock-openai.ts";
import { money } from "./money.ts";
import { createScreen, type Screen } from "./screen.ts";
import { halfReadStreams } from "./stage-half-read-streams.ts";
import { liveCalls } from "./stage-live-calls.ts";
import { parallelCalls } from "./stage-parallel.ts";
import { verifyReceipts } from "./stage-receipts.ts";
import { runawayAgent } from "./stage-runaway-agent.ts";
import { tamper } from "./stage-tamper.ts";

/** Runs the demo; answers whether everything it claims is so. */
async function runDemo(options: DemoOptions): Promise<boolean> {
  const { path } = options;
  const screen = createScreen(process.stdout);
  const limit = options.apiKey === null ? 1_000_000_000n : 10_000_000n;

  const { publicKey, ledger } = await runStages(options, screen, limit);
  const { receipts } = await verifyReceipts({ path, publicKey, ledger, screen });
  if (options.apiKey === null) await tamper({ path, publicKey, screen });

  const overspend = ledger.reduce((sum, { spent }) => sum + (spent > limit ? spent - limit : 0n), 0n);
  screen.row("");
  if (screen.failed.length === 0 && overspend === 0n) {
    screen.row(`receipts verified: ${receipts}, overspend: ${money(overspend)}`);
    return true;
  }
  for (const claim of screen.failed) screen.row(`  ✗ ${claim}`);
  screen.row(`FAILED: ${screen.failed.length} claims are not so, overspend: ${money(overspend)}`);
  return false;
}

/** What is left when the gate is closed, besides its receipts. */
interface Ended {
  readonly publicKey: PublicJwk;
  readonly ledger: readonly Balance[];
}

/** Opens the gate, lets agents at it, and closes it. */
async function runStages({ path, apiKey }: DemoOptions, screen: Screen, limit: bigint): Promise<Ended> {
  await using cleanup = new AsyncDisposableStack();
  const server = apiKey === null ? await startMockOpenAI() : null;
  cleanup.defer(() => server?.stop());

  rmSync(path, { force: true });
  const log = fileLog(path);
  const leave = (code: number): void => {
    Promise.resolve(log.close?.()).finally(() => process.exit(code));
  };
  // Not once: what gives the cursor back on leaving would take a lone listener for none, and kill at once.
  process.on("SIGINT", () => leave(130));
  // Whoever reads the pipe has seen enough.
  process.stdout.once("error", () => leave(1));

  let table: LiveTable | null = null;
  const gate = createGate({
    budgets: [{ id: "task", limit: money(limit), by: ["session"] }],
    log,
    onReceipt: (receipt) => table?.take(receipt),
  });
  cleanup.defer(() => gate.close());

  const demo: Demo = {
    gate,
    openai: createOpenAI(server === null ? {} : { baseURL: server.url, apiKey: "none" }),
    screen,
    watch() {
      table = new LiveTable(process.stdout, screen, limit);
      return table;
    },
  };
  if (server === null) {
    await liveCalls(demo);
  } else {
    for (const stage of [runawayAgent, parallelCalls, halfReadStreams]) {
      server.reset();
      await stage({ ...demo, server });
    }
  }
  return { publicKey: gate.publicKey, ledger: await gate.balances() };
}

const options = readArguments(process.argv.slice(2), process.env);
if (typeof options === "number") process.exitCode = options;
else process.exitCode = (await runDemo(options)) ? 0 : 1;
