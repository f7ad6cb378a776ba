import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { createGate, type Gate, type GateOptions, type Receipt } from "@tollgate/core";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { type Bench, benchModels } from "./adapter-driver.ts";
import { arrivalTimeout } from "./arrival-timeout.ts";
import { type MockProvider, startMockProvider } from "./mock-provider.ts";
import { type ProviderRequest, type ReplyUsage, type Script, usualUsage } from "./mock-reply.ts";

/** What a row needs of its bench. */
export interface BenchOptions extends Pick<GateOptions, "budgets" | "evaluators"> {
  /** @default every request is answered `ok` */
  readonly script?: Script;
  /** What the tool answers. @default "sunny" */
  readonly answer?: string;
}

/** Prices in dollars per million tokens, so that a token costs a whole number of nano-dollars. */
const prices = {
  models: {
    [benchModels.chat]: { input: "$2", output: "$8", cacheRead: "$0.50" },
    [benchModels.cheap]: { input: "$0.20", output: "$0.80" },
    [benchModels.embedding]: { input: "$0.10" },
    ...Object.fromEntries(
      [
        benchModels.image,
        benchModels.speech,
        benchModels.transcription,
        benchModels.rerank,
        benchModels.video,
      ].map((model) => [model, { perCall: "$0.04" }]),
    ),
  },
};

/** What a request comes to by its provider's usage, in nano-dollars. */
export function costOf(request: ProviderRequest, usage: ReplyUsage = usualUsage): bigint {
  const { inputTokens, outputTokens, cachedTokens = 0 } = usage;
  if (request.model === benchModels.embedding) return BigInt(inputTokens) * 100n;
  if (request.model === benchModels.cheap) return BigInt(inputTokens) * 200n + BigInt(outputTokens) * 800n;
  if (request.model !== benchModels.chat) return 40_000_000n;
  return (
    BigInt(inputTokens - cachedTokens) * 2_000n + BigInt(cachedTokens) * 500n + BigInt(outputTokens) * 8_000n
  );
}

/** What is known of a row's gate after its operations have ended. */
export interface Books {
  /** What the money budget was charged, in nano-dollars. */
  readonly spent: bigint;
  readonly receipts: readonly Receipt[];
  /** The decisions that let a model call through. */
  readonly permitted: number;
  /** How they ended. */
  readonly settled: number;
  readonly released: number;
}

/**
 * Sets up a gate, a run and a provider, lets `use` work with them, and checks what must hold after any
 * ending: nothing is held, every receipt verifies, and the receipts alone come to the ledger's balances.
 */
export async function withBench(
  options: BenchOptions,
  use: (bench: Bench, books: () => Promise<Books>) => Promise<void>,
  patienceMs: number = usualPatienceMs,
): Promise<void> {
  const provider = await startMockProvider(options.script);
  const timeout = arrivalTimeout(() => provider.count());
  const gate = createGate({
    prices,
    ...(options.evaluators === undefined ? {} : { evaluators: options.evaluators }),
    budgets: [{ id: "money", limit: "$1000" }, ...(options.budgets ?? [])],
  });
  let lookups = 0;
  const bench: Bench = {
    gate,
    run: gate.run({ tenant: "acme", user: "alice", agent: "conformance" }),
    provider,
    timeoutMs: timeout.ms,
    begun: () =>
      until(async () => provider.count() > 0 || (await countDenials(gate)) > 0, patienceMs).then((isSo) =>
        assert.ok(isSo, "neither the gate nor the provider was asked"),
      ),
    async lookup() {
      lookups += 1;
      return options.answer ?? "sunny";
    },
    get lookups() {
      return lookups;
    },
    async grant() {
      for (const { id } of await gate.approvals.list()) await gate.approvals.grant(id, { by: "bob" });
    },
  };
  try {
    await use(bench, () => closeBooks(bench, patienceMs));
    await closeBooks(bench, patienceMs);
  } finally {
    timeout.remove();
    await stop(bench, provider);
  }
}

async function stop(bench: Bench, provider: MockProvider): Promise<void> {
  await provider.stop();
  await bench.gate.close();
}

/** How long endings that nobody waits for, such as that of an abandoned stream, may take on a busy machine. */
const usualPatienceMs = 40_000;

/** Waits for what nobody tells of; answers whether it came. */
async function until(holds: () => Promise<boolean>, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    if (await holds()) return true;
    if (Date.now() >= deadline) return false;
    await sleep(5);
  }
}

async function countDenials(gate: Gate): Promise<number> {
  let count = 0;
  for await (const { body } of gate.receipts()) {
    if (body.type === "decision" && body.decision.outcome === "deny") count += 1;
  }
  return count;
}

/** Waits until nothing is held any more, then checks and reads the books. */
async function closeBooks({ gate }: Bench, patienceMs: number): Promise<Books> {
  const held = async () => (await gate.balances()).filter((balance) => balance.held > 0n);
  await until(async () => (await held()).length === 0, patienceMs);
  const leaks = await held();
  assert.deepEqual(leaks, [], "money is still held although everything has ended");

  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  const report = await verifyChain(receipts, { keys: [gate.publicKey] });
  assert.equal(report.verdict, "authentic", report.break?.message);
  assert.equal(report.open, 0, "a decision let something through whose end is in no receipt");

  const balances = await gate.balances();
  const booked = balances.map(({ budget, partition, window, unit, spent, held }) => ({
    budget,
    partition,
    window,
    unit,
    spent,
    held,
  }));
  assert.deepEqual(
    sorted(await replayBalances(receipts)),
    sorted(booked),
    "the receipts and the ledger disagree",
  );

  const bodies = receipts.map(({ body }) => body);
  const endings = bodies.filter((body) => body.type === "settlement");
  return {
    spent: balances.find(({ budget }) => budget === "money")?.spent ?? 0n,
    receipts,
    permitted: bodies.filter(
      (body) => body.type === "decision" && body.reservation !== null && body.action.kind !== "tool",
    ).length,
    settled: endings.filter(({ outcome }) => outcome === "settled").length,
    released: endings.filter(({ outcome }) => outcome === "released").length,
  };
}

function sorted<B extends { budget: string; partition: string; window: string }>(
  balances: readonly B[],
): B[] {
  const key = ({ budget, partition, window }: B) => `${budget} ${partition} ${window}`;
  return [...balances].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
