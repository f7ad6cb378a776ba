// docs/concepts/budgets-and-windows.md: units, windows, partitions, and several budgets at once.
import { strict as assert } from "node:assert";
import { ActionDenied, createGate, gateBudget, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";

// #region units
const gate = createGate({
  budgets: [
    { id: "spend", limit: "$5.00", per: "day", by: ["tenant", "user"] },
    { id: "tokens", limit: "2M tokens", per: "month", timeZone: "Europe/Berlin" },
    { id: "searches", limit: "200 calls", per: "hour", match: { kind: "tool", name: "search_*" } },
    { id: "mail", limit: "20 emails", per: "day", by: ["user"] },
    { id: "task", limit: "$0.50", per: "run", then: "stop" },
  ],
});
// #endregion

const run = gate.run({ tenant: "acme", user: "alice" });
// #region own-unit
await gateBudget(run, { kind: "tool", name: "send_mail", amounts: { emails: 3n } });
// #endregion
const ids = async (): Promise<string[]> => (await gate.balances()).map(({ budget }) => budget);
// A tool without a price costs no money and no tokens: only its own unit is drawn on.
assert.deepEqual(await ids(), ["mail"]);
await gateBudget(run, { kind: "tool", name: "search_web" });
assert.deepEqual(await ids(), ["mail", "searches"]);
await gateBudget(run, { kind: "llm", provider: "openai", name: "gpt-4o", params: "hi" });
assert.deepEqual((await ids()).sort(), ["mail", "searches", "spend", "task", "tokens"]);
assert.equal((await gate.balances({ budget: "spend" }))[0]?.partition, "tenant=acme&user=alice");

// A field that a budget needs and the subject lacks denies, and says which.
await assert.rejects(
  gateBudget(gate.run({ tenant: "acme" }), { kind: "llm", name: "gpt-4o" }),
  /budget "spend" needs the subject's user, which this run does not have/,
);
// It is asked for only where the budget counts the action at all.
await gateBudget(gate.run({ tenant: "acme" }), { kind: "tool", name: "search_web" });

// All or nothing: what one budget refuses, none of them holds.
const two = createGate({
  budgets: [
    { id: "daily", limit: "$5.00", per: "day" },
    { id: "calls", limit: "1 calls" },
  ],
});
await (await gateBudget(two, { kind: "tool", name: "search", amounts: { usd: "$0.10" } })).settle();
await assert.rejects(
  gateBudget(two, { kind: "tool", name: "search", amounts: { usd: "$0.10" } }),
  (error) =>
    error instanceof ActionDenied && /budget "calls" has 0 calls left of 1 call;/.test(error.message),
);
assert.deepEqual(
  (await two.balances()).map(({ budget, spent, held }) => [budget, spent, held]),
  [
    ["daily", 100_000_000n, 0n],
    ["calls", 1n, 0n],
  ],
);

// Days of a zone are as long as they are there.
const hours = async (now: string, per: "hour" | "day" | "week" | "month", timeZone: string) => {
  const clock = manualClock(Date.parse(now));
  const zoned = createGate({
    clock,
    ledger: memoryLedger({ clock }),
    budgets: [{ id: "b", limit: "9 calls", per, timeZone }],
  });
  await gateBudget(zoned, { kind: "tool", name: "x" });
  const [balance] = await zoned.balances();
  assert.ok(balance?.endsAt);
  return [balance.window, (balance.endsAt - Date.parse(balance.window)) / 3_600_000];
};
const berlin = "Europe/Berlin";
assert.deepEqual(await hours("2026-01-15T12:00:00Z", "day", berlin), ["2026-01-14T23:00:00Z", 24]);
assert.deepEqual(await hours("2026-03-29T12:00:00Z", "day", berlin), ["2026-03-28T23:00:00Z", 23]);
assert.deepEqual(await hours("2026-10-25T12:00:00Z", "day", berlin), ["2026-10-24T22:00:00Z", 25]);
assert.deepEqual(await hours("2026-10-25T00:30:00Z", "hour", berlin), ["2026-10-25T00:00:00Z", 1]);
assert.deepEqual(await hours("2026-10-25T01:30:00Z", "hour", berlin), ["2026-10-25T01:00:00Z", 1]);
assert.deepEqual(await hours("2026-01-15T12:00:00Z", "week", "UTC"), ["2026-01-12T00:00:00Z", 168]);
assert.deepEqual(await hours("2026-02-15T12:00:00Z", "month", "UTC"), ["2026-02-01T00:00:00Z", 672]);

// A settlement charges the window that its call was reserved in.
const clock = manualClock(Date.parse("2026-01-15T23:59:00Z"));
const daily = createGate({
  clock,
  ledger: memoryLedger({ clock }),
  budgets: [{ id: "daily", limit: "$1.00", per: "day" }],
});
const late = await gateBudget(daily, { kind: "tool", name: "x", amounts: { usd: "$0.90" } });
clock.advance(120_000);
await late.settle();
assert.deepEqual(
  (await daily.balances()).map(({ window, spent }) => [window, spent]),
  [["2026-01-15T00:00:00Z", 900_000_000n]],
);
await gateBudget(daily, { kind: "tool", name: "x", amounts: { usd: "$1.00" } });
