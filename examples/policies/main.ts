// Policies in YAML, each with what it decides.
import { strict as assert } from "node:assert";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ActionInput, createGate, type Decision, type Gate, type Subject } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { InvalidPolicy, loadPolicy, readCases, testPolicy } from "@tollgate/policy";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

// #region five-lines
const policy = loadPolicy("finance-bot.yaml");
const gate = createGate({ ...policy });
const run = gate.run({ user: "alice", agent: "finance-bot" });
const payment = { kind: "tool", name: "pay_invoice", params: { amount: 400, currency: "EUR" } } as const;
const decision = await gate.decide(payment, { run });
// #endregion
assert.equal(decision.outcome, "require_approval");
assert.deepEqual(decision.rules, ["policy/pay-needs-a-person"]);
assert.equal(
  decision.receipt?.body.type === "decision" && decision.receipt.body.decision.policy,
  policy.digest,
);

// #region cases
const { results, uncovered } = await testPolicy(policy, readCases("cases.yaml"));
// #endregion
assert.deepEqual(results.map(({ passed, name }) => (passed ? "" : name)).filter(Boolean), []);
assert.deepEqual(uncovered, []);

/** A gate under one of the policies, at a time. */
function gateOf(file: string, time = "2026-11-20T10:00:00Z"): Gate {
  return createGate({ ...loadPolicy(file), clock: manualClock(Date.parse(time)) });
}

const tool = (name: string, params: unknown = {}): ActionInput => ({ kind: "tool", name, params });
const model = (name: string): ActionInput => ({
  kind: "llm",
  name,
  provider: "openai",
  params: {},
  maxOutputTokens: 1000,
});

async function outcome(of: Gate, action: ActionInput, subject: Subject = {}): Promise<string> {
  return (await decide(of, action, subject)).outcome;
}

function decide(of: Gate, action: ActionInput, subject: Subject = {}): Promise<Decision> {
  return of.decide(action, { subject, accepts: ["model", "maxOutputTokens"] });
}

const research = gateOf("research-agent.yaml");
const bot = { agent: "research-bot" };
assert.equal(await outcome(research, tool("search_web", { q: "x" }), bot), "allow");
assert.equal(
  await outcome(research, tool("read_url", { url: "https://en.wikipedia.org/wiki/Toll" }), bot),
  "allow",
);
assert.equal(
  await outcome(research, tool("read_url", { url: "https://evil.test/?https://example.com/" }), bot),
  "deny",
);
assert.equal(await outcome(research, tool("write_file"), bot), "deny");
assert.equal(await outcome(research, tool("search_web"), { ...bot, role: "admin" }), "deny");

const saas = gateOf("saas-budgets.yaml");
const [alice, bob] = [
  { tenant: "acme", user: "alice" },
  { tenant: "acme", user: "bob" },
];
for (let search = 0; search < 100; search++)
  assert.equal(await outcome(saas, tool("web_search"), alice), "allow");
assert.equal((await decide(saas, tool("web_search"), alice)).code, "budget_exceeded");
assert.equal(await outcome(saas, tool("web_search"), bob), "allow");
assert.equal(
  (await decide(saas, model("gpt-4o"), { tenant: "free-1", user: "eve" })).action.name,
  "gpt-4o-mini",
);
assert.equal(await outcome(saas, model("gpt-4o"), bob), "allow");
assert.equal((await decide(saas, model("a-model-without-a-price"), bob)).code, "unpriced");

for (const [time, expected] of [
  ["2026-11-20T10:00:00Z", "allow"],
  ["2026-11-20T17:30:00Z", "deny"],
  ["2026-11-21T10:00:00Z", "deny"],
] as const) {
  const frozen = gateOf("after-hours.yaml", time);
  assert.equal(await outcome(frozen, tool("deploy_web")), expected);
  assert.equal(await outcome(frozen, tool("deploy_web"), { role: "on-call" }), "allow");
  assert.equal(await outcome(frozen, tool("read_logs")), "allow");
}

const capped = gateOf("soft-then-hard.yaml");
const spend = async (usd: string): Promise<Decision> => {
  const spent = await decide(capped, { ...model("gpt-4o"), amounts: { usd } }, { agent: "a" });
  await spent.permit?.settle();
  return spent;
};
assert.equal((await spend("$2.60")).outcome, "allow");
const short = await spend("$1.30");
assert.deepEqual([short.action.name, short.action.maxOutputTokens], ["gpt-4o", 300]);
const cheap = await spend("$0.50");
assert.deepEqual([cheap.action.name, cheap.action.maxOutputTokens], ["gpt-4o-mini", 300]);
assert.equal((await spend("$0.70")).code, "budget_exceeded");

const listed = gateOf("tool-allow-list.yaml");
assert.equal(await outcome(listed, tool("read_file")), "allow");
assert.equal(await outcome(listed, model("gpt-4o")), "allow");
assert.equal(await outcome(listed, tool("run_shell")), "deny");
assert.equal(await outcome(listed, { kind: "image", name: "gpt-image-1", params: {} }), "deny");

const braked = gateOf("loop-brake.yaml");
const looping = braked.run();
const outcomes: string[] = [];
for (let call = 0; call < 6; call++) {
  const { code } = await braked.decide(tool("search", { q: "again" }), { run: looping });
  outcomes.push(code);
}
assert.deepEqual(outcomes, ["allowed", "allowed", "allowed", "allowed", "policy_denied", "run_stopped"]);

// A policy that changes while the gate runs: as a whole, or not at all.
const file = "changing.yaml";
writeFileSync(file, 'version: 1\nrules: [{ id: calm, when: action.kind == "tool", then: allow }]\n');
try {
  const changing = loadPolicy(file);
  const changed = createGate({ ...changing });
  assert.equal(await outcome(changed, tool("x")), "allow");
  writeFileSync(
    file,
    'version: 1\nrules: [{ id: halt, when: action.knd == "tool", then: deny, reason: x }]\n',
  );
  // #region reload
  try {
    changing.reload();
  } catch (error) {
    if (error instanceof InvalidPolicy) console.log(error.message);
  }
  // #endregion
  assert.equal(await outcome(changed, tool("x")), "allow");
  writeFileSync(
    file,
    'version: 1\nrules: [{ id: halt, when: action.kind == "tool", then: deny, reason: x }]\n',
  );
  assert.equal(changing.reload(), true);
  assert.equal(await outcome(changed, tool("x")), "deny");
} finally {
  rmSync(file);
}
console.log(`${results.length} cases passed; all policies decide as they say`);
