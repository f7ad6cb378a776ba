import type { Action, EvaluationContext } from "@tollgate/core";
import { loadPolicy } from "@tollgate/policy";
import { type HostileName, hostileNames } from "./hostile-names.ts";
import { measure, type Row } from "./sampler.ts";
import type { Result } from "./samples.ts";

const megabyte = "a".repeat(1_000_000);
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const many = numbers(100_000);
/** Characters of which hardly any comes twice: nothing that was found out about one helps with the next. */
const everNew = numbers(500_000)
  .map((index) => String.fromCodePoint(0x5200 + ((index * 7919) % 20_000)))
  .join("");
const longClass = numbers(480)
  .map((index) => String.fromCodePoint(0x4e00 + index * 2))
  .join("");

/** Conditions that cost as much as they can, and what is sent to them: each comes up to the bound of steps. */
const hostile: Readonly<
  Record<HostileName, readonly [conditions: readonly string[], params: Action["params"]]>
> = {
  nested_macros: [["params.items.all(x, params.items.exists(y, y == x))"], { items: many }],
  failing_parts: [["params.items.exists(x, params.a == 1 || params.b == 2 || x.c == 3)"], { items: many }],
  matches_1_mb: [['params.text.matches("(a*)*b")'], { text: megabyte }],
  matches_ever_new: [[`params.text.matches("(?i)([${longClass}]{1,2}|x)+y")`], { text: everNew }],
  contains_1_mb: [
    ["params.items.exists(x, params.text.contains(params.part))"],
    { items: numbers(1_000), text: megabyte, part: `${"a".repeat(1_000)}b` },
  ],
  contains_short_1_mb: [
    ["params.items.exists(x, params.text.contains('aaaaaaaaaaaaaaab'))"],
    { items: numbers(1_000), text: megabyte },
  ],
  lower_1_mb: [
    ["params.items.exists(x, params.text.lowerAscii() == 'b')"],
    { items: numbers(1_000), text: megabyte },
  ],
  names_of_maps: [
    ["params.items.exists(x, size(params.map) == x)"],
    {
      items: numbers(1_000),
      map: Object.fromEntries(numbers(30_000).map((index) => [`k${index}`, index])),
    },
  ],
  "1000_rules": [
    numbers(1_000).map((index) => `params.items.exists(x, x == -${index + 1})`),
    { items: numbers(250) },
  ],
};

/** How long one decision's rules take where they come up to the bound, which then denies. */
export function measureHostilePolicies(): Promise<readonly Result[]> {
  return measure(
    hostileNames.map((name) => hostileRow(`policy_hostile_${name}`, ...hostile[name])),
    { rounds: 20, calls: 1, warmUp: 2 },
  );
}

function hostileRow(name: string, conditions: readonly string[], params: Action["params"]): Row {
  const rules = conditions.map(
    (when, index) => `  - { id: rule-${index}, when: ${JSON.stringify(when)}, then: deny, reason: too much }`,
  );
  const [evaluator] = loadPolicy(`version: 1\nrules:\n${rules.join("\n")}\n`).policy().evaluators ?? [];
  const action: Action = { kind: "tool", name: "tool", params, amounts: {}, subject: {} };
  let calls = 0;
  const evaluate = () => {
    calls += 1;
    // Judgings of one decision share a bound: each call is a decision of its own.
    return evaluator?.evaluate(action, contextOf(`${name}-${calls}`));
  };
  const verdict = evaluate();
  if (!JSON.stringify(verdict).includes("more than 1000000 steps")) {
    throw new Error(`${name} does not come up to the bound: ${JSON.stringify(verdict)}`);
  }
  return { name, call: evaluate };
}

function contextOf(decision: string): EvaluationContext {
  return {
    decision,
    run: { id: "r", root: "r", steps: 1, calls: 0, repeats: 1, spent: 0n, startedAt: 0 },
    now: 0,
    balances: () => [],
    signal: new AbortController().signal,
  };
}
