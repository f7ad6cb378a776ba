import {
  type ActionInput,
  type BudgetInput,
  createGate,
  createSigner,
  type Gate,
  type GateOptions,
  type JsonObject,
  memoryLedger,
  memoryLog,
  type PriceCatalog,
  type Receipt,
  staticPrices,
} from "@tollgate/core";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { expect } from "vitest";

/** Prices that do not change with the catalogue: model "big" $10/$20 and "small" $1/$2 per million tokens. */
export const prices: PriceCatalog = staticPrices({
  models: {
    big: { input: "$10", output: "$20" },
    small: { input: "$1", output: "$2" },
  },
  tools: { "paid_*": "$0.25" },
});

/** A gate on a clock that stands still, with everything it stands on. */
export interface GateFixture {
  readonly gate: Gate;
  readonly clock: ManualClock;
  /** All receipts but the chain's own key and close receipts. */
  receipts(): Promise<readonly Receipt[]>;
  /** Their decisions in a few words: `allow allowed`. */
  decisions(): Promise<readonly string[]>;
  /** Spent and held of a budget, over all its balances, in its unit. */
  money(budget: string): Promise<{ readonly spent: bigint; readonly held: bigint }>;
  /** Checks what must hold at any time: the chain verifies and replays to the ledger's balances. */
  check(): Promise<void>;
}

/** Makes a gate for a test. */
export function gateFixture(options: GateOptions = {}): GateFixture {
  const clock = (options.clock as ManualClock | undefined) ?? manualClock();
  const signer = options.signer ?? createSigner();
  const gate = createGate({
    prices,
    ledger: memoryLedger({ clock }),
    log: memoryLog({ maxReceipts: 1_000_000 }),
    ...options,
    clock,
    signer,
  });
  const all = async (): Promise<Receipt[]> => {
    const read: Receipt[] = [];
    for await (const receipt of gate.receipts()) read.push(receipt);
    return read;
  };
  const receipts = async (): Promise<Receipt[]> =>
    (await all()).filter(({ body }) => body.type !== "key" && body.type !== "close");
  return {
    gate,
    clock,
    receipts,
    async decisions() {
      return (await receipts()).flatMap(({ body }) =>
        body.type === "decision" ? [`${body.decision.outcome} ${body.decision.code}`] : [],
      );
    },
    async money(budget) {
      const balances = await gate.balances({ budget });
      return balances.reduce(
        (sum, balance) => ({ spent: sum.spent + balance.spent, held: sum.held + balance.held }),
        { spent: 0n, held: 0n },
      );
    },
    async check() {
      const written = await all();
      const report = await verifyChain(written, { keys: [signer.publicKey] });
      expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
      const replayed = (await replayBalances(written)).filter(isUsed).map(briefly).sort();
      const kept = (await gate.balances()).filter(isUsed).map(briefly).sort();
      expect(replayed).toEqual(kept);
    },
  };
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

/** A model call; by default of model "big" with a short prompt and a limit of 100 tokens. */
export function llm(more: Partial<ActionInput> = {}): ActionInput {
  return { kind: "llm", name: "big", params: { prompt: "hi" }, maxOutputTokens: 100, ...more };
}

/** A tool call. */
export function tool(name: string, args: JsonObject = {}): ActionInput {
  return { kind: "tool", name, params: args };
}

/** A budget of dollars. */
export function dollars(limit: string, more: Partial<BudgetInput> = {}): BudgetInput {
  return { id: "money", limit, ...more };
}

/** A model call that costs exactly this much at most. */
export function costing(usd: string, more: Partial<ActionInput> = {}): ActionInput {
  return llm({ amounts: { usd }, ...more });
}

/** Nano-dollars of a dollar text. */
export function nano(text: string): bigint {
  const [whole = "0", fraction = ""] = text.replace("$", "").split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
