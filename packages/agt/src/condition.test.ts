import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fires } from "../test/engine.ts";
import { witnessOf } from "./can-hold.ts";
import { type AgtCondition, parseAgtCondition } from "./condition.ts";
import { FieldValues } from "./field-values.ts";
import { strictCondition } from "./strict-condition.ts";

const path = fc.constantFrom("tool", "params.amount", "params.a.b", "user", "steps");
const text = fc.constantFrom("'rm'", '"send mail"', "'a or b'", "' and '", "''", "'18'");
const number = fc.constantFrom("0", "18", "100.5");
const test = fc.oneof(
  path,
  fc
    .tuple(path, fc.constantFrom("==", "!=", " == ", "  != "), fc.oneof(text, number))
    .map((parts) => parts.join("")),
  fc.tuple(path, fc.constantFrom(">", ">=", " < ", "<= "), number).map((parts) => parts.join("")),
  fc.tuple(path, fc.constantFrom("true", "false")).map(([field, value]) => `${field} == ${value}`),
  fc
    .tuple(
      path,
      fc.constantFrom("in", "not in", "not  in"),
      fc.array(fc.oneof(fc.constantFrom("'x'", '"rm"', "y"), number), { minLength: 1 }),
    )
    .map(([field, op, items]) => `${field} ${op} [${items.join(", ")}]`),
);
const anything = fc
  .array(fc.tuple(test, fc.constantFrom(" and ", " or ", "  and  ", " AND ", " && ", "\nor ")), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.map(([source, join], at) => (at === 0 ? source : join + source)).join(""));

/** A context in which the tests of one group hold. */
function contextFor(group: AgtCondition["anyOf"][number]): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const { path } of group) {
    const parts = path.split(".");
    const last = parts.pop() as string;
    let at = context;
    for (const part of parts) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[last] = witnessOf(group.filter((test) => test.path === path));
  }
  return context;
}

describe("a condition", () => {
  it("that is taken can fire in AGT by each of its groups, and holds there without any guess", () => {
    let taken = 0;
    fc.assert(
      fc.property(anything, (condition) => {
        const parsed = parseAgtCondition(condition);
        if ("flaw" in parsed) return;
        taken++;
        for (const group of parsed.anyOf) {
          const context = contextFor(group);
          expect(fires(condition, context), condition).toBe(true);
          expect(strictCondition(parsed)(new FieldValues(context, new Set())), condition).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it("that AGT evaluates without a guess comes out in AGT as it does here", () => {
    const value = fc.oneof(
      fc.constantFrom("rm", "x", "18", "other", ""),
      fc.constantFrom(0, 18, 100.5, -1),
      fc.boolean(),
    );
    const context = fc.record(
      { tool: value, user: value, steps: value, params: fc.record({ amount: value }, { requiredKeys: [] }) },
      { requiredKeys: ["params"] },
    );
    let sure = 0;
    fc.assert(
      fc.property(anything, context, (condition, given) => {
        const parsed = parseAgtCondition(condition);
        if ("flaw" in parsed) return;
        const holding = strictCondition(parsed)(new FieldValues(given, new Set()));
        if (typeof holding === "string") return;
        sure++;
        expect(fires(condition, given), condition).toBe(holding);
      }),
      { numRuns: 1500 },
    );
    expect(sure).toBeGreaterThan(200);
  });

  it.each([
    ["(tool == 'rm')", { tool: "rm" }, /parentheses/],
    ["not params.safe", { params: { safe: false } }, /no `not`: write params.safe == false/],
    ["params.amount > -1", { params: { amount: 5 } }, /below 0/],
    ["params.cmd contains 'rm'", { params: { cmd: "rm -rf" } }, /no operator `contains`/],
    ["tool == 'rm' AND user == 'eve'", { tool: "rm", user: "eve" }, /lower case/],
    ["tool == 'rm' && user == 'eve'", { tool: "rm", user: "eve" }, /lower case/],
    ["tool == 'rm'\nor user == 'eve'", { tool: "rm", user: "eve" }, /./],
    ["tool in['rm']", { tool: "rm" }, /spaces around `in`/],
    ["tool in []", { tool: "rm" }, /list is empty/],
    ["tool in ['a,b']", { tool: "a,b" }, /commas/],
    ["tool in ['a]b']", { tool: "a]b" }, /./],
    ["params.name == 'it's'", { params: { name: "it's" } }, /quotes/],
    ["params.amount == null", { params: { amount: null } }, /no null/],
    ["params.done != true", { params: { done: false } }, /write params.done == false/],
    ["params.amount > 1e3", { params: { amount: 5000 } }, /decimal point/],
    ["params.amount > '100'", { params: { amount: "200" } }, /numbers only/],
    ["tool == rm", { tool: "rm" }, /quotes or a number/],
    ["true", {}, /name of a field/],
    ["tool == 'rm' and tool == 'mv'", { tool: "rm" }, /at once/],
    ["params.amount > 10 and params.amount <= 10", { params: { amount: 10 } }, /at once/],
    ["tool == 'rm' and tool not in ['rm']", { tool: "rm" }, /at once/],
    ["tool == 'rm' or ", { tool: "mv" }, /./],
    ["1 == 1", {}, /./],
  ])("%s never fires in AGT, and is refused", (condition, context, flaw) => {
    expect(fires(condition, context)).toBe(false);
    expect(parseAgtCondition(condition)).toEqual({ flaw: expect.stringMatching(flaw) });
  });

  it("binds and before or, and leaves what is in quotes alone", () => {
    expect(parseAgtCondition("tool == 'a or b' and user in ['x', y, 3] or steps >= 10.5")).toEqual({
      anyOf: [
        [
          { op: "==", path: "tool", value: "a or b" },
          { op: "in", path: "user", values: ["x", "y", "3"] },
        ],
        [{ op: ">=", path: "steps", value: 10.5 }],
      ],
    });
  });
});
