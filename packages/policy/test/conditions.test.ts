import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkValues } from "../src/cel/check-values.ts";
import { alternativesOf } from "../src/cel/condition.ts";
import { contradictionsOf } from "../src/cel/contradiction.ts";
import { selectorOf } from "../src/cel/selector.ts";
import { ask, expressionOf, scopeOf } from "./expression-fixture.ts";

/** What is told of a condition: "never", "always" or "sometimes". */
function told(source: string): string {
  const { ast } = expressionOf(source);
  const [asked, opposite] = [alternativesOf(ast), alternativesOf(ast, true)];
  if (asked !== null && contradictionsOf(asked) !== null) return "never";
  return opposite !== null && contradictionsOf(opposite) !== null ? "always" : "sometimes";
}

describe("a condition that is", () => {
  it.each([
    ["false", "never"],
    ["true", "always"],
    ["!true || false", "never"],
    ['action.kind == "tool" && action.kind == "llm"', "never"],
    ['action.kind == "tool" && action.kind in ["llm", "image"]', "never"],
    ['action.kind != "tool" || action.name != "x" || action.kind == "tool"', "always"],
    ["time.hour > 22 && time.hour < 6", "never"],
    ["time.hour >= 22 || time.hour < 6", "sometimes"],
    ["time.hour >= 6 || time.hour < 22", "always"],
    ["time.hour > 23", "never"],
    ["time.hour < 0", "never"],
    ["24 > time.hour", "always"],
    ["run.steps >= 1", "always"],
    ["run.steps > 1", "sometimes"],
    ["run.steps > 1 && run.steps < 2", "never"],
    ["run.steps >= 1 && run.steps < 3 && run.steps != 1 && run.steps != 2", "never"],
    ["params.x > 1 && params.x < 2", "sometimes"],
    ["params.x > 2 && params.x <= 2", "never"],
    ["params.x >= 2 && params.x <= 2", "sometimes"],
    ["params.x == 1 && params.x == 2", "never"],
    ["params.x == 'a' && params.x == 1", "never"],
    ["params.x == 1 && params.y == 2", "sometimes"],
    ["params.x != 1 || params.x != 2", "always"],
    ["size(params.x) > 5 && size(params.x) < 3", "never"],
    ["has(params.x) && !has(params.x)", "never"],
    ["params.flag && !params.flag", "never"],
    ['run.spent > usd("$2") && run.spent < usd("$1")', "never"],
    ['time.weekday != "saturday" || time.weekday != "sunday"', "always"],
    ['time.weekday == "saturday" || time.weekday == "sunday"', "sometimes"],
    ['budget["daily"].ratio > 0.8 && budget["per-run"].ratio < 0.8', "sometimes"],
    ['action.name.startsWith("a") && !action.name.startsWith("a")', "never"],
  ])("%s is %s true", (source, answer) => {
    expect(told(source)).toBe(answer);
  });
});

describe("what is told of a condition", () => {
  const number = fc.integer({ min: -1, max: 3 });
  const op = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
  const atom = fc.oneof(
    fc
      .tuple(fc.constantFrom("params.x", "params.y", "run.steps", "size(params.list)"), op, number)
      .map((parts) => parts.join(" ")),
    fc.tuple(number, op, fc.constantFrom("params.x", "time.minute")).map((parts) => parts.join(" ")),
    fc
      .tuple(fc.constantFrom("params.x", "run.calls"), fc.array(number, { minLength: 1, maxLength: 3 }))
      .map(([of, values]) => `${of} in [${values}]`),
    fc.constantFrom("params.x < 1.5", "params.x > 0.5", "params.flag", "true", "false", "has(params.y)"),
    fc.constantFrom('action.kind == "tool"', 'action.kind != "llm"', 'action.kind in ["llm", "image"]'),
  );
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      atom,
      fc
        .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
        .map((parts) => `(${parts.join(" ")})`),
      tie("condition").map((inner) => `!(${inner})`),
    ),
  }));
  const situation = fc.record({
    params: fc.record({
      x: fc.oneof(number, fc.constant(0.75)),
      y: number,
      flag: fc.boolean(),
      list: fc.array(fc.constant(0), { maxLength: 3 }),
    }),
    kind: fc.constantFrom("tool", "llm", "image"),
    steps: fc.bigInt({ min: 1n, max: 3n }),
    calls: fc.bigInt({ min: 0n, max: 3n }),
    minute: fc.bigInt({ min: 0n, max: 59n }),
  });

  it("is so, whatever is asked", () => {
    const seen = { never: 0, always: 0, sometimes: 0 };
    fc.assert(
      fc.property(condition, fc.array(situation, { minLength: 20, maxLength: 20 }), (source, situations) => {
        const answer = told(source) as keyof typeof seen;
        seen[answer] += 1;
        for (const { params, kind, steps, calls, minute } of situations) {
          const scope = scopeOf({ action: { kind, name: "x" }, run: { steps, calls }, time: { minute } });
          const value = ask(source, params, scope);
          if (answer === "never") expect(value).not.toBe(true);
          if (answer === "always") expect(value).not.toBe(false);
        }
      }),
      { numRuns: 1_000, seed: 7 },
    );
    expect(Math.min(seen.never, seen.always, seen.sometimes)).toBeGreaterThan(20);
  });
});

describe("the values of an expression", () => {
  it.each([
    ['time.weekday == "Saturday"', 16, 'time.weekday is never "Saturday"; did you mean "saturday"?'],
    ['action.kind in ["tool", "llms"]', 24, 'did you mean "llm"?'],
    ['"tol" == action.kind', 0, 'did you mean "tool"?'],
    ["run.spent > 5", 12, 'run.spent is money; write it as usd("$5")'],
    ['!(budget["daily"].left < 0.5)', 25, 'usd("$0.5")'],
  ])("%s: at %i, %s", (source, offset, message) => {
    const flaws = checkValues(expressionOf(source).ast, () => "usd");
    expect(flaws).toEqual([{ offset, message: expect.stringContaining(message) }]);
  });

  it.each(["run.spent > 0", 'budget["daily"].ratio > 0.8', 'budget["daily"].spent > 5', "run.steps > 5"])(
    "%s can be meant",
    (source) => {
      expect(checkValues(expressionOf(source).ast, () => "calls")).toEqual([]);
    },
  );
});

describe("the selector of a condition", () => {
  const selected = (source: string): unknown => {
    const { kinds, names } = selectorOf(expressionOf(source).ast);
    const sorted = (set: ReadonlySet<string>): string => [...set].sort().join();
    return [
      kinds === null ? "*" : sorted(kinds),
      names === null ? "*" : sorted(names.exact),
      names === null ? "" : sorted(names.prefixes),
    ];
  };

  it.each([
    ['action.kind == "tool" && params.x > 1 && action.name == "a"', ["tool", "a", ""]],
    ['"tool" == action.kind && action.name in ["a", "b"]', ["tool", "a,b", ""]],
    ['action.name == "a" || action.name.startsWith("b_")', ["*", "a", "b_"]],
    ['action.name == "a" || params.x > 1', ["*", "*", ""]],
    ['!(action.name == "a")', ["*", "*", ""]],
    ['action.kind == "tool" && action.kind == "llm"', ["", "*", ""]],
    ['(action.kind == "tool" || action.kind == "llm") && action.name != "a"', ["llm,tool", "*", ""]],
    ['action.name.contains("a")', ["*", "*", ""]],
  ])("%s is %j", (source, answer) => {
    expect(selected(source)).toEqual(answer);
  });
});
