// docs/concepts/attempts.md: what makes two calls the same attempt, and what becomes of it.
import { strict as assert } from "node:assert";
import { createGate, gateBudget, guard, IdempotencyConflict } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";

const gate = createGate({ budgets: [{ id: "calls", limit: "10 calls" }] });
const search = { kind: "tool", name: "search", params: { query: "tolls" } } as const;

// Without a key every call is an attempt of its own, however much alike.
const plain = gate.run();
for (let step = 0; step < 3; step++) await (await gateBudget(plain, search)).settle();
assert.equal((await gate.balances())[0]?.spent, 3n);

// #region key
const run = gate.run({ id: "order-4711" });
const pay = { kind: "tool", name: "pay", params: { amount: 120 }, key: "charge-card" } as const;

const first = await gateBudget(run, pay);
const again = await gateBudget(gate.run({ id: "order-4711" }), pay);
// #endregion
assert.equal(again, first);
assert.equal((await gate.balances())[0]?.held, 1n);
// Whoever runs the effect says so first; the second is told that it is under way.
assert.deepEqual([first.begin(), again.begin()], [true, false]);
// Another run's key of the same name is another key.
await gateBudget(gate.run({ id: "order-4712" }), pay);
// The same key for another action is a conflict, and so is one whose attempt has ended.
await assert.rejects(gateBudget(run, { ...pay, params: { amount: 999 } }), IdempotencyConflict);
await first.settle();
await assert.rejects(gateBudget(run, pay), IdempotencyConflict);
assert.equal((await gate.decide(pay, { run })).conflict, "already_settled");

// A guarded attempt runs once at a time.
let calls = 0;
const once = () => guard(run, { ...search, key: "look-up" }, async () => ++calls);
const results = await Promise.allSettled([once(), once()]);
assert.deepEqual([calls, results.map(({ status }) => status)], [1, ["fulfilled", "rejected"]]);

// A denied key stays denied, also when the limit would allow it by now.
const strict = createGate({ budgets: [{ id: "calls", limit: "1 calls", then: "deny" }] });
const holder = await gateBudget(strict, search);
await assert.rejects(gateBudget(strict, { ...search, key: "k" }), /0 calls left/);
await holder.release("not needed after all");
await assert.rejects(gateBudget(strict, { ...search, key: "k" }), /0 calls left/);
await gateBudget(strict, search);

// What could not be decided was not denied: the same key may try again.
let broken = true;
const flaky = evaluator("flaky", () => {
  if (broken) throw new Error("out of order");
  return { decision: "allow" };
});
const failing = createGate({ evaluators: [flaky] });
assert.equal((await failing.decide({ ...search, key: "k" })).code, "evaluator_failed");
broken = false;
assert.equal((await failing.decide({ ...search, key: "k" })).code, "allowed");

// Shadow mode changes nothing for its caller: there every call is an attempt of its own.
const shadow = createGate({ mode: "shadow" });
const [one, two] = [await gateBudget(shadow, pay), await gateBudget(shadow, pay)];
assert.deepEqual([one === two, one.begin(), two.begin()], [false, true, true]);
