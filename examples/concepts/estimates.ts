// docs/concepts/estimates-and-settling.md: what is held before a call, and what is booked after it.
import { strict as assert } from "node:assert";
import {
  type Action,
  createGate,
  type GateOptions,
  gateBudget,
  guard,
  memoryLedger,
  staticPrices,
} from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";

const spend = [{ id: "spend", limit: "$10.00" }];
const gpt4o = { kind: "llm", provider: "openai", name: "gpt-4o" } as const;

/** Nano-dollars that are held for a call, or why it is denied. */
async function heldFor(action: Parameters<typeof gateBudget>[1], options: GateOptions = {}) {
  const decision = await createGate({ budgets: spend, ...options }).decide(action);
  return decision.permit === null ? decision.code : decision.claims[0]?.amount;
}

// Input at $2.50 and output at $10.00 per million tokens. The prompt is {"prompt":"hi"} as canonical JSON:
// 15 bytes, so 8 tokens; a call without an output limit gets 4,096.
assert.equal(await heldFor({ ...gpt4o, params: { prompt: "hi" } }), 8n * 2_500n + 4096n * 10_000n);
assert.equal(await heldFor({ ...gpt4o, params: { prompt: "hi" }, maxOutputTokens: 100 }), 1_020_000n);
assert.equal(await heldFor({ ...gpt4o, params: { prompt: "hi" } }, { maxOutputTokens: 100 }), 1_020_000n);
assert.equal(await heldFor(gpt4o, { maxOutputTokens: "unbounded" }), "unpriced");
assert.equal(await heldFor({ ...gpt4o, inputTokens: 1000, maxOutputTokens: 0 }), 2_500_000n);
// Each medium in the input counts for 3,000 tokens; `null` is 4 bytes.
assert.equal(await heldFor({ ...gpt4o, mediaParts: 1, maxOutputTokens: 0 }), 3002n * 2_500n);
// An amount that the caller gives is not estimated.
assert.equal(await heldFor({ ...gpt4o, amounts: { usd: "$0.18" } }), 180_000_000n);

// #region counter
const counter = (paramsJson: string, _action: Action) => paramsJson.length;
const careful = createGate({ budgets: spend, tokenCounter: counter, maxOutputTokens: 1000 });
// #endregion
assert.equal(
  (await careful.decide({ ...gpt4o, params: { prompt: "hi" } })).claims[0]?.amount,
  15n * 2_500n + 1000n * 10_000n,
);

// #region prices
const priced = createGate({
  budgets: [{ id: "spend", limit: "$10.00" }],
  prices: {
    models: { "our-finetune-*": { input: "$3.00", output: "$12.00", cacheRead: "$0.30" } },
    tools: { web_search: "$0.01", "maps_*": "$0.005" },
  },
});
// #endregion
const finetune = { kind: "llm", name: "our-finetune-3", inputTokens: 1000, maxOutputTokens: 100 } as const;
assert.equal((await priced.decide(finetune)).claims[0]?.amount, 4_200_000n);
assert.equal((await priced.decide({ kind: "tool", name: "maps_route" })).claims[0]?.amount, 5_000_000n);
// The default catalogue stays behind them; with staticPrices there is nothing behind.
assert.equal((await priced.decide({ ...gpt4o, maxOutputTokens: 1 })).code, "allowed");
assert.equal(await heldFor(gpt4o, { prices: staticPrices({ models: {} }) }), "unpriced");
// Unknown is never free, unless it is asked for: then it counts nothing against dollars.
assert.equal(await heldFor({ kind: "llm", name: "nobody-knows-1" }), "unpriced");
assert.equal(await heldFor({ kind: "llm", name: "nobody-knows-1" }, { unpriced: "allow" }), undefined);
assert.equal(await heldFor({ kind: "image", provider: "openai", name: "gpt-image-1" }), "unpriced");
// A price matters to dollars alone.
const calls = { budgets: [{ id: "calls", limit: "5 calls" }] };
assert.equal(await heldFor({ kind: "llm", name: "nobody-knows-1" }, calls), 1n);

const spentAfter = async (used: Parameters<Awaited<ReturnType<typeof gateBudget>>["settle"]>[0]) => {
  const prices = { models: { big: { input: "$10", output: "$20", cacheRead: "$1" } } };
  const gate = createGate({ budgets: [{ id: "spend", limit: "$10.00" }], prices });
  const permit = await gateBudget(gate, {
    kind: "llm",
    name: "big",
    inputTokens: 100_000,
    maxOutputTokens: 5000,
  });
  const { source, charges } = await permit.settle(used);
  return [source, charges[0]?.actual, charges[0]?.overage];
};
// Reserved: 100,000 x $10 + 5,000 x $20 per million = $1.10.
const reserved = 1_100_000_000n;
const tenth = { inputTokens: 10_000, outputTokens: 500 };
assert.deepEqual(await spentAfter({ usage: tenth }), ["reported", 110_000_000n, 0n]);
// Cached input at its own price, once; reasoning is part of the output.
const cached = { inputTokens: 100_000, cacheReadTokens: 90_000, outputTokens: 1000, reasoningTokens: 800 };
assert.deepEqual(await spentAfter({ usage: cached }), ["reported", 210_000_000n, 0n]);
// Nothing said, all zero, or nonsense: what was reserved.
assert.deepEqual(await spentAfter({}), ["estimated", reserved, 0n]);
assert.deepEqual(await spentAfter({ usage: { inputTokens: 0, outputTokens: 0 } }), [
  "estimated",
  reserved,
  0n,
]);
assert.deepEqual(await spentAfter({ usage: { ...tenth, cacheReadTokens: 20_000 } }), [
  "estimated",
  reserved,
  0n,
]);
// One side missing: the other is believed, and what was reserved stands for the missing one.
assert.deepEqual(await spentAfter({ usage: { outputTokens: 500 } }), ["estimated", 1_010_000_000n, 0n]);
// More than was reserved is booked, and shown.
assert.deepEqual(await spentAfter({ usage: { inputTokens: 100_000, outputTokens: 10_000 } }), [
  "reported",
  1_200_000_000n,
  100_000_000n,
]);
// The caller's own amounts win.
assert.deepEqual(await spentAfter({ amounts: { usd: 7n } }), ["reported", 7n, 0n]);

class Refused extends Error {
  readonly status = 429;
}
const callProvider = (): Promise<string> => Promise.reject(new Refused("too many requests"));

// #region failed
const gate = createGate({ budgets: [{ id: "spend", limit: "$10.00" }] });
const call = { kind: "llm", name: "gpt-4o", params: { prompt: "hi" }, maxOutputTokens: 500 } as const;
await guard(gate, call, callProvider, {
  unbilled: (error) => error instanceof Refused && error.status === 429,
}).catch(() => undefined);
// #endregion
assert.deepEqual(
  (await gate.balances()).map(({ spent, held }) => [spent, held]),
  [[0n, 0n]],
);
await guard(gate, call, callProvider).catch(() => undefined);
assert.equal((await gate.balances())[0]?.spent, 5_020_000n);

// A caller that died: its money comes back at expiry, and what is heard of it later is booked all the same.
const clock = manualClock();
const mortal = createGate({
  clock,
  ledger: memoryLedger({ clock }),
  budgets: [{ id: "spend", limit: "$1.00" }],
  reservationTtlMs: 60_000,
});
const lost = await gateBudget(mortal, { kind: "tool", name: "x", amounts: { usd: "$0.80" } });
clock.advance(59_999);
assert.equal((await mortal.balances())[0]?.held, 800_000_000n);
clock.advance(1);
assert.equal((await mortal.balances())[0]?.held, 0n);
const late = await lost.settle();
assert.deepEqual(
  [late.outcome, late.late, (await mortal.balances())[0]?.spent],
  ["settled", true, 800_000_000n],
);
const endings: unknown[] = [];
for await (const { body } of mortal.receipts()) {
  if (body.type === "settlement") endings.push([body.outcome, body.late ?? false]);
}
assert.deepEqual(endings, [
  ["expired", false],
  ["settled", true],
]);
