import type { Scenario, ScenarioGate, ScenarioStep } from "./scenario.ts";
import { about, alice, model, tool } from "./scenario-steps.ts";

/** Scenarios about approvals, runs, keys and shadow mode. */
export const attemptScenarios: readonly Scenario[] = [...approvals(), ...runs(), ...keys(), ...shadows()];

function approvals(): readonly Scenario[] {
  const approval = about("Approval");
  const gate: ScenarioGate = { rules: [{ rule: "approve", patterns: ["pay"] }] };
  const soft: ScenarioGate = { budgets: [{ id: "soft", limit: "$1.00", then: "require_approval" }] };
  const pay = tool("pay", "r", { amounts: { usd: "2000000000" } });
  const grant: ScenarioStep = { do: "grant", attempt: 0 };
  return [
    approval("an action that a person must approve", "approval_required", gate, pay),
    approval("a pending request is not made twice", "approval_required", gate, pay, pay),
    approval("after a grant it goes through", "valid", gate, pay, grant, pay),
    approval("a grant is good for once", "approval_required", gate, pay, grant, pay, pay),
    approval(
      "a grant is good for this action only",
      "approval_required",
      gate,
      pay,
      grant,
      tool("pay", "r", { amounts: { usd: "2000000001" } }),
    ),
    approval("a denial is for good", "approval_denied", gate, pay, { do: "refuse", attempt: 0 }, pay),
    approval("a request expires", "approval_required", gate, pay, { do: "wait", ms: 3_600_000 }, pay),
    approval(
      "a grant expires, too",
      "approval_required",
      gate,
      pay,
      grant,
      { do: "wait", ms: 3_600_000 },
      pay,
    ),
    approval(
      "beside a hard limit that refuses, nobody is asked",
      "budget_exceeded",
      { budgets: [...(soft.budgets ?? []), { id: "hard", limit: "$1.5" }] },
      pay,
    ),
    approval("a soft limit asks", "approval_required", soft, pay),
    approval("what was approved is booked beyond the soft limit", "valid", soft, pay, grant, pay),
    {
      ...approval(
        "a grant is good for this run only",
        "approval_required",
        gate,
        pay,
        grant,
        tool("pay", "s", { amounts: { usd: "2000000000" } }),
      ),
      runs: { ...alice, s: { subject: { user: "alice" } } },
    },
  ];
}

function runs(): readonly Scenario[] {
  const family: Scenario["runs"] = {
    p: { subject: {} },
    c: { subject: {}, parent: "p" },
    o: { subject: {} },
  };
  const run = (
    comment: string,
    last: string,
    gate: ScenarioGate,
    ...steps: readonly ScenarioStep[]
  ): Scenario => ({
    ...about("Run")(comment, last, gate, ...steps),
    runs: family,
  });
  const stop: ScenarioStep = { do: "stop", run: "p" };
  const latch: ScenarioGate = { budgets: [{ id: "calls", limit: "1 calls", then: "stop" }] };
  return [
    run("a stopped run", "run_stopped", {}, stop, tool("x", "p")),
    run("a child of a stopped run", "run_stopped", {}, stop, tool("x", "c")),
    run("the parent of a stopped run", "run_stopped", {}, { do: "stop", run: "c" }, tool("x", "p")),
    run("another run goes on", "valid", {}, stop, tool("x", "o")),
    run("a budget that stops the run", "budget_exceeded", latch, tool("x", "o"), tool("x", "p")),
    run(
      "after that all is denied",
      "run_stopped",
      latch,
      tool("x", "o"),
      { do: "release", attempt: 0 },
      tool("x", "p"),
      { do: "wait", ms: 1 },
      tool("x", "p"),
      tool("x", "p"),
    ),
    run(
      "what was let through before may settle",
      "valid",
      {},
      tool("x", "p"),
      stop,
      { do: "settle", attempt: 0 },
      tool("x", "o"),
    ),
  ];
}

function keys(): readonly Scenario[] {
  const key = about("Key");
  const gate: ScenarioGate = { budgets: [{ id: "calls", limit: "1 calls" }], reservationTtlMs: 60_000 };
  const x = tool("x", "r", { key: "k" });
  return [
    key("an open attempt is answered again, and holds nothing more", "valid", gate, x, x),
    key("an open key for another action", "idempotency_conflict", gate, x, tool("y", "r", { key: "k" })),
    key("a settled key", "idempotency_conflict", gate, x, { do: "settle", attempt: 0 }, x),
    key("a released key", "idempotency_conflict", gate, x, { do: "release", attempt: 0 }, x),
    key("an expired key", "idempotency_conflict", gate, x, { do: "wait", ms: 60_000 }, x),
    key("a denied key stays denied", "budget_exceeded", gate, tool("x"), x, { do: "release", attempt: 0 }, x),
    key(
      "another key is another attempt",
      "valid",
      gate,
      x,
      { do: "release", attempt: 0 },
      tool("x", "r", { key: "k2" }),
    ),
    {
      ...key(
        "the same key in another run is another attempt",
        "valid",
        {},
        x,
        { do: "settle", attempt: 0 },
        tool("x", "s", { key: "k" }),
      ),
      runs: { ...alice, s: { subject: {} } },
    },
  ];
}

function shadows(): readonly Scenario[] {
  const shadow = about("Shadow");
  const gate: ScenarioGate = {
    mode: "shadow",
    budgets: [{ id: "calls", limit: "1 calls" }],
    rules: [{ rule: "deny-tools", patterns: ["drop"] }],
  };
  return [
    shadow("what a rule would deny goes through", "valid", gate, tool("drop")),
    shadow("what a budget would refuse goes through, and is held", "valid", gate, tool("x"), tool("x"), {
      do: "settle",
      attempt: 1,
    }),
    ...(["skip", "require_approval"] as const).map((then) =>
      shadow(
        `what a soft limit would do goes through: ${then}`,
        "valid",
        { mode: "shadow", budgets: [{ id: "soft", limit: "0 calls", then }] },
        tool("x"),
      ),
    ),
    shadow(
      "what a soft limit would rewrite goes through as it is",
      "valid",
      {
        mode: "shadow",
        budgets: [{ id: "soft", limit: "0 calls", then: "degrade", degrade: { model: "small" } }],
      },
      model("big"),
    ),
    shadow(
      "a hard limit beside a soft one would have refused",
      "valid",
      {
        mode: "shadow",
        budgets: [
          { id: "soft", limit: "0 calls", then: "skip" },
          { id: "hard", limit: "0 calls" },
        ],
      },
      tool("x"),
    ),
    shadow(
      "what would be degraded goes through as it is",
      "valid",
      { ...gate, budgets: [], rules: [{ rule: "degrade", patterns: ["big"], patch: { model: "small" } }] },
      model("big"),
    ),
  ];
}
