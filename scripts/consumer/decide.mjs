// What a user's first program does, run against the packed and installed packages.
import assert from "node:assert/strict";
import { ActionDenied, createGate, gateBudget } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";

const gate = createGate({ budgets: [{ id: "calls", limit: "1 calls", per: "total" }] });
const run = gate.run({ user: "alice" });
/** @type {import("@tollgate/core").ActionInput} */
const action = { kind: "tool", name: "search", params: { query: "weather" } };

const permit = await gateBudget(run, action);
assert.equal(permit.decision.outcome, "allow");
await permit.settle();
await assert.rejects(gateBudget(run, action), ActionDenied);

const verified = await verifyChain(gate.receipts(), { keys: [gate.publicKey] });
assert.equal(verified.verdict, "authentic");
await gate.close();
