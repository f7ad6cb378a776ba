import type { JsonObject } from "../../src/codec/json.ts";
import type { Scenario, ScenarioGate, ScenarioStep } from "./scenario.ts";
import { about, model, tool } from "./scenario-steps.ts";

/** Scenarios about lists, tiers and degrades. */
export const ruleScenarios: readonly Scenario[] = [...lists(), ...tiers(), ...degrades()];

function lists(): readonly Scenario[] {
  const list = about("Lists");
  const deny: ScenarioGate = { rules: [{ rule: "deny-tools", patterns: ["delete_*", "drop"] }] };
  const allow: ScenarioGate = { rules: [{ rule: "allow-tools", patterns: ["read_*"] }] };
  const models: ScenarioGate = {
    rules: [
      { rule: "allow-models", patterns: ["small"] },
      { rule: "deny-models", patterns: ["small-2*"] },
    ],
  };
  return [
    list("a tool that is denied by the beginning of its name", "policy_denied", deny, tool("delete_file")),
    list("a tool that is denied by name", "policy_denied", deny, tool("drop")),
    list("case counts", "valid", deny, tool("Drop")),
    list("a tool that is on no list", "valid", deny, tool("dropper")),
    list("a tool that is allowed", "valid", allow, tool("read_file")),
    list("a tool that is not", "policy_denied", allow, tool("write_file")),
    list("a list of tools says nothing of models", "valid", allow, model("big")),
    list("a model that is allowed", "valid", models, model("small")),
    list("a model that is not", "policy_denied", models, model("big")),
    list(
      "a rule before a budget: nothing is held",
      "valid",
      { rules: [{ rule: "deny-tools", patterns: ["drop"] }], budgets: [{ id: "calls", limit: "1 calls" }] },
      tool("drop"),
      tool("other"),
    ),
    list(
      "a deny ends the asking",
      "policy_denied",
      {
        rules: [
          { rule: "approve", patterns: ["*"] },
          { rule: "deny-tools", patterns: ["drop"] },
          { rule: "skip", patterns: ["*"] },
        ],
      },
      tool("drop"),
    ),
    list(
      "a skip gives way to an approval",
      "approval_required",
      {
        rules: [
          { rule: "skip", patterns: ["*"] },
          { rule: "approve", patterns: ["dr*"] },
        ],
      },
      tool("drop"),
    ),
    list("a skip", "skipped", { rules: [{ rule: "skip", patterns: ["*"] }] }, tool("drop")),
    list(
      "a terminal deny stops the run",
      "run_stopped",
      { rules: [{ rule: "deny-tools", patterns: ["drop"], terminal: true }] },
      tool("drop"),
      tool("other"),
    ),
  ];
}

function tiers(): readonly Scenario[] {
  const gate: ScenarioGate = {
    rules: [
      {
        rule: "capability-tiers",
        tools: { "read_*": "read_only", pay: "payment_execute" },
        grants: { clerk: "data_write" },
      },
    ],
  };
  const who = (comment: string, last: string, subject: JsonObject, step: ScenarioStep): Scenario => ({
    comment,
    flags: ["Capability"],
    gate,
    runs: { r: { subject } },
    steps: [step],
    last,
  });
  return [
    who("the tier that it needs", "valid", { capability: "payment_execute" }, tool("pay")),
    who("a higher tier", "valid", { capability: "payment_initiate" }, tool("read_file")),
    who("a lower tier", "policy_denied", { capability: "payment_initiate" }, tool("pay")),
    who("a tier that the role is granted", "valid", { role: "clerk" }, tool("read_file")),
    who("a role that is granted none", "policy_denied", { role: "guest" }, tool("read_file")),
    who(
      "the subject's own tier wins over its role's",
      "policy_denied",
      { role: "clerk", capability: "read_only" },
      tool("read_file", "r", { capability: "data_write" }),
    ),
    who("a tool that has no tier", "policy_denied", { capability: "payment_execute" }, tool("other")),
    who("a model call that needs none", "valid", {}, model("big")),
  ];
}

function degrades(): readonly Scenario[] {
  const degrade = about("Degrade");
  const soft: ScenarioGate = {
    budgets: [
      { id: "soft", limit: "100 tokens", then: "degrade", degrade: { model: "small", maxOutputTokens: 50 } },
    ],
  };
  const rule: ScenarioGate = { rules: [{ rule: "degrade", patterns: ["big"], patch: { model: "small" } }] };
  return [
    degrade("a rule gives a smaller model", "valid", rule, model("big", ["model"])),
    degrade("a caller who cannot apply it is refused", "degrade_failed", rule, model("big")),
    degrade("another model is left alone", "valid", rule, model("other")),
    degrade("a soft limit gives a smaller model", "valid", soft, model("big", ["model", "maxOutputTokens"])),
    degrade("a caller who can apply half of it is refused", "degrade_failed", soft, model("big", ["model"])),
    degrade(
      "what fits is left alone",
      "valid",
      { budgets: [{ id: "soft", limit: "110 tokens", then: "degrade", degrade: { model: "small" } }] },
      model("big"),
    ),
    degrade(
      "the rewritten action meets the hard limits",
      "budget_exceeded",
      { budgets: [...(soft.budgets ?? []), { id: "hard", limit: "59 tokens" }] },
      model("big", ["model", "maxOutputTokens"]),
    ),
    degrade(
      "the rewritten action is judged again",
      "policy_denied",
      {
        rules: [
          { rule: "degrade", patterns: ["big"], patch: { model: "small" } },
          { rule: "deny-models", patterns: ["small"] },
        ],
      },
      model("big", ["model"]),
    ),
    degrade(
      "what a soft limit makes of an action is judged again",
      "policy_denied",
      { ...soft, rules: [{ rule: "deny-models", patterns: ["small"] }] },
      model("big", ["model", "maxOutputTokens"]),
    ),
    degrade(
      "a soft limit skips",
      "skipped",
      { budgets: [{ id: "soft", limit: "0 calls", then: "skip" }] },
      tool("other"),
    ),
  ];
}
