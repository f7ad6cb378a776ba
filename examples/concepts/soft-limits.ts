// docs/concepts/budgets-and-windows.md, soft limits: degrade, skip, ask, and only then refuse.
import { strict as assert } from "node:assert";
import { createGate } from "@tollgate/core";

// #region soft
const gate = createGate({
  budgets: [
    { id: "comfort", limit: "$4.00", per: "day", then: "degrade", degrade: { model: "gpt-4o-mini" } },
    { id: "ask-first", limit: "$8.00", per: "day", then: "require_approval" },
    { id: "hard", limit: "$10.00", per: "day" },
  ],
});
// #endregion

const run = gate.run();
const decide = async (usd: string) =>
  await gate.decide({ kind: "llm", name: "gpt-4o", amounts: { usd } }, { run, accepts: ["model"] });

const first = await decide("$3.00");
assert.deepEqual([first.outcome, first.action.name], ["allow", "gpt-4o"]);
const second = await decide("$4.00");
assert.deepEqual([second.outcome, second.action.name], ["degrade", "gpt-4o-mini"]);
// What a soft limit has had its say about is still tracked by it.
const held = async (budget: string) => (await gate.balances({ budget }))[0]?.held;
assert.equal(await held("comfort"), 7_000_000_000n);
const third = await decide("$2.00");
assert.deepEqual([third.outcome, third.rules], ["require_approval", ["comfort", "ask-first"]]);
// A hard limit in the way is not a matter of approval.
const fourth = await decide("$3.50");
assert.deepEqual([fourth.outcome, fourth.rules], ["deny", ["hard"]]);
assert.equal(await held("hard"), 7_000_000_000n);

const skipping = createGate({ budgets: [{ id: "extras", limit: "2 calls", then: "skip" }] });
for (const outcome of ["allow", "allow", "skip"]) {
  assert.equal((await skipping.decide({ kind: "tool", name: "suggest" })).outcome, outcome);
}

// Of several soft limits a degrade comes first, and an approval overrules a skip.
const several = createGate({
  budgets: [
    { id: "skips", limit: "$1.00", then: "skip" },
    { id: "asks", limit: "$1.00", then: "require_approval", match: { name: "gpt-4o-mini" } },
    { id: "degrades", limit: "$1.00", then: "degrade", degrade: { model: "gpt-4o-mini" } },
  ],
});
const asked = await several.decide(
  { kind: "llm", name: "gpt-4o", amounts: { usd: "$2.00" } },
  { accepts: ["model"] },
);
assert.deepEqual([asked.outcome, asked.approval?.action.name], ["require_approval", "gpt-4o-mini"]);
