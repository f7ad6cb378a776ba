// docs/concepts/failure.md: what fails, which code it gets, and what becomes of the money.
import { strict as assert } from "node:assert";
import {
  createGate,
  createSigner,
  type GateOptions,
  GateUnavailable,
  gateBudget,
  guard,
  type Ledger,
  memoryLedger,
  memoryLog,
  type ReceiptLog,
} from "@tollgate/core";
import { denyTools, evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";

const fail = (): never => {
  throw new Error("out of order");
};
const call = { kind: "llm", name: "gpt-4o", params: { prompt: "hi" }, maxOutputTokens: 100 } as const;
const budgets = [{ id: "daily", limit: "$5.00", per: "day" as const }];

/** A ledger, one part of which is out of order. */
function ledgerWith(part: Partial<Ledger>): Ledger {
  const ledger = memoryLedger();
  return {
    reserve: (request) => ledger.reserve(request),
    settle: (reservation, amounts) => ledger.settle(reservation, amounts),
    release: (reservation) => ledger.release(reservation),
    extend: (reservation, expiresAt) => ledger.extend(reservation, expiresAt),
    expire: (now) => ledger.expire(now),
    nextExpiry: () => ledger.nextExpiry(),
    balances: (query) => ledger.balances(query),
    ...part,
  };
}

/** A receipt log that takes nothing. */
const failingLog: ReceiptLog = { ...memoryLog(), append: () => Promise.reject(new Error("disk full")) };

async function codeOf(options: GateOptions): Promise<readonly unknown[]> {
  const gate = createGate({ budgets, ...options });
  const { outcome, code, receipt } = await gate.decide(call);
  const held = (await gate.balances()).reduce((sum, balance) => sum + balance.held + balance.spent, 0n);
  return [outcome, code, receipt === null ? "no receipt" : "receipt", held];
}

// The gate's own timers let a process end; here something has to wait for them.
const alive = setInterval(() => undefined, 1000);

const odd = evaluator("odd", fail);
const slow = evaluator("slow", () => new Promise<never>(() => undefined), { timeoutMs: 5 });
const nonsense = evaluator("nonsense", () => ({ decision: "perhaps" }) as never);
for (const broken of [odd, slow, nonsense]) {
  assert.deepEqual(await codeOf({ evaluators: [broken] }), ["deny", "evaluator_failed", "receipt", 0n]);
}
assert.deepEqual(await codeOf({ tokenCounter: fail }), ["deny", "pricing_failed", "receipt", 0n]);
assert.deepEqual(await codeOf({ ledger: ledgerWith({ reserve: fail }) }), [
  "deny",
  "ledger_failed",
  "receipt",
  0n,
]);
assert.deepEqual(
  await codeOf({ ledger: ledgerWith({ reserve: () => new Promise(() => undefined) }), storageTimeoutMs: 5 }),
  ["deny", "ledger_failed", "receipt", 0n],
);
assert.deepEqual(await codeOf({ log: failingLog }), ["deny", "receipt_log_failed", "no receipt", 0n]);
assert.deepEqual(await codeOf({ signer: { ...createSigner(), sign: fail } }), [
  "deny",
  "signer_failed",
  "no receipt",
  0n,
]);

// The two refusals are two classes: policy said no, or nobody could say.
// #region unavailable
const gate = createGate({
  evaluators: [odd],
  onFailure: ({ during, cause }) => console.error(during, cause),
});
await gateBudget(gate, call).catch((error: unknown) => {
  if (error instanceof GateUnavailable) console.log(error.refusal.reasonCode, error.message);
});
// #endregion
await assert.rejects(gateBudget(gate, call), GateUnavailable);

// An evaluator's error stays out of receipts and reasons, for it could quote the action.
const quoting = evaluator("quoting", ({ params }) => {
  throw new Error(`cannot judge ${JSON.stringify(params)}`);
});
assert.equal((await createGate({ evaluators: [quoting] }).decide(call)).reason, 'evaluator "quoting" threw');

// The clock went back by more than is tolerated.
const clock = manualClock();
const timed = createGate({ clock, ledger: memoryLedger({ clock }), budgets });
await timed.decide(call);
clock.set(clock.now() - 5001);
assert.equal((await timed.decide(call)).code, "clock_went_back");
clock.set(clock.now() + 1);
assert.equal((await timed.decide(call)).code, "allowed");

// Open, where it is asked for: an evaluator or the ledger.
const open = createGate({ failure: "open", budgets, evaluators: [odd, denyTools(["rm"])] });
const let1 = await open.decide(call);
assert.equal(let1.outcome, "allow");
assert.ok(let1.receipt?.body.type === "decision" && let1.receipt.body.decision.failure !== undefined);
// The budget still holds money.
assert.ok((await open.balances()).some(({ held }) => held > 0n));
// The others keep their say: the deny list after it still denies.
assert.equal((await open.decide({ kind: "tool", name: "rm" })).code, "policy_denied");
const noLedger = createGate({ failure: "open", budgets, ledger: ledgerWith({ reserve: fail }) });
const let2 = await noLedger.decide(call);
assert.deepEqual([let2.outcome, let2.claims], ["allow", []]);
// Never these, and not a closed gate.
const closed = createGate({ failure: "open" });
await closed.close();
assert.equal((await closed.decide(call)).code, "gate_closed");
assert.equal((await codeOf({ failure: "open", log: failingLog }))[1], "receipt_log_failed");
assert.equal((await codeOf({ failure: "open", tokenCounter: fail }))[1], "pricing_failed");
assert.equal(
  (await codeOf({ failure: "open", signer: { ...createSigner(), sign: fail } }))[1],
  "signer_failed",
);

// #region shadow
const shadow = createGate({ mode: "shadow", budgets: [{ id: "daily", limit: "$0.01", per: "day" }] });
const decision = await shadow.decide({ kind: "llm", name: "gpt-4o", maxOutputTokens: 4000 });
console.log(decision.outcome, decision.shadow?.outcome, decision.shadow?.reason);
// #endregion
assert.deepEqual([decision.outcome, decision.shadow?.code], ["allow", "budget_exceeded"]);
assert.ok((await shadow.balances()).some(({ held }) => held > 10_000_000n));

// What was spent is booked though the ledger failed when it was settled: it is tried again until it works.
let broken = true;
const flaky = memoryLedger();
const settling = createGate({
  budgets,
  reservationTtlMs: 30,
  ledger: ledgerWith({
    ...flakyParts(),
    settle: (reservation, amounts) => (broken ? fail() : flaky.settle(reservation, amounts)),
  }),
});
const permit = await gateBudget(settling, call);
await assert.rejects(permit.settle());
broken = false;
while (permit.ended === null) await new Promise((resolve) => setTimeout(resolve, 5));
assert.equal(permit.ended.outcome, "settled");

// A ledger that does not answer when it is to settle keeps nobody waiting for ever.
const silent = createGate({
  budgets,
  storageTimeoutMs: 5,
  ledger: ledgerWith({ settle: () => new Promise(() => undefined) }),
});
assert.equal(await guard(silent, call, () => "paid for"), "paid for");

// What is settled after close is booked, but has no receipt.
const closing = createGate({ budgets });
const last = await gateBudget(closing, call);
await closing.close();
assert.equal((await last.settle()).receipt, null);
assert.ok((await closing.balances()).some(({ spent }) => spent > 0n));
clearInterval(alive);

function flakyParts(): Partial<Ledger> {
  return {
    reserve: (request) => flaky.reserve(request),
    extend: (reservation, expiresAt) => flaky.extend(reservation, expiresAt),
    balances: (query) => flaky.balances(query),
  };
}
