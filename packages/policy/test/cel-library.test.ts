import { EvaluationError } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CannotEvaluate } from "../src/cel/cannot-evaluate.ts";
import { createEnvironment } from "../src/cel/vocabulary.ts";
import { expressionOf, flawsOf, scopeOf } from "./expression-fixture.ts";

const environment = createEnvironment();
const run = { id: "r", steps: 3n, calls: 2n, repeats: 1n, spent: 7n, started: 0n, seconds: 60n };
const params = { n: 2, s: "ab", flag: true, list: ["a", "b", "ab"], deep: { x: { y: "z" } } };

/** Expressions whose types are known, and strings of parameters where both sides are texts anyhow. */
const { bool } = fc.letrec<{ int: string; text: string; list: string; bool: string }>((tie) => ({
  int: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.integer({ min: -3, max: 9 }).map((value) => (value < 0 ? `(${value})` : String(value))),
    fc.constantFrom("run.steps", "run.calls", "9223372036854775807"),
    fc
      .tuple(tie("int"), fc.constantFrom("+", "-", "*", "/", "%"), tie("int"))
      .map((parts) => `(${parts.join(" ")})`),
    tie("text").map((text) => `size(${text})`),
    tie("list").map((list) => `${list}.size()`),
    tie("int").map((int) => `-(${int})`),
    fc.tuple(tie("bool"), tie("int"), tie("int")).map(([bool, yes, no]) => `(${bool} ? ${yes} : ${no})`),
    fc.tuple(tie("list"), tie("int")).map(([list, int]) => `${list}[${int}]`),
    fc.constantFrom('int("12")', "int(2.7)", "int(-2.7)"),
  ),
  text: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom('"a"', '"ab"', '""', "'b'", "run.id", "params.s", "params.deep.x.y", "params.missing"),
    fc.tuple(tie("text"), tie("text")).map(([left, right]) => `(${left} + ${right})`),
    tie("text").map((text) => `${text}.upperAscii()`),
    tie("int").map((int) => `string(${int})`),
  ),
  list: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.array(tie("int"), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    tie("list").map((list) => `${list}.filter(v, v > 1)`),
    tie("list").map((list) => `${list}.map(w, w * 2)`),
    fc.tuple(tie("list"), tie("list")).map(([left, right]) => `(${left} + ${right})`),
  ),
  bool: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.constantFrom(
      "true",
      "false",
      "params.flag",
      "has(params.missing)",
      "has(params.deep.x)",
      "'a' in params.list",
    ),
    fc
      .tuple(tie("int"), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("int"))
      .map((parts) => `(${parts.join(" ")})`),
    fc
      .tuple(tie("text"), fc.constantFrom("==", "!=", "<", ">="), tie("text"))
      .map((parts) => `(${parts.join(" ")})`),
    fc.tuple(tie("bool"), fc.constantFrom("&&", "||"), tie("bool")).map((parts) => `(${parts.join(" ")})`),
    tie("bool").map((bool) => `!${bool}`),
    fc.tuple(tie("int"), tie("list")).map(([int, list]) => `(${int} in ${list})`),
    fc
      .tuple(tie("text"), fc.constantFrom("contains", "startsWith", "endsWith"), tie("text"))
      .map(([text, method, part]) => `${text}.${method}(${part})`),
    fc
      .tuple(tie("list"), fc.constantFrom("all", "exists", "exists_one"), tie("int"))
      .map(([list, macro, int]) => `${list}.${macro}(x, x > ${int})`),
    tie("text").map((text) => `params.list.exists(y, y == ${text})`),
  ),
}));

describe("what expressions answer", () => {
  it("is what the library answers that parsed and checked them, where types are known", () => {
    const seen = { true: 0, false: 0, none: 0 };
    fc.assert(
      fc.property(bool, (source) => {
        const parsed = environment.parse(source);
        fc.pre(environment.check(source).valid);
        // Here a name means one thing in an expression.
        fc.pre(!flawsOf(source).some(({ message }) => message.includes("is taken already")));
        const theirs = answerOf(() => parsed({ run, params }), EvaluationError);
        const ours = answerOf(
          () => expressionOf(source).holds({ ...scopeOf({ run }), params }),
          CannotEvaluate,
        );
        seen[ours] += 1;
        expect(ours, source).toBe(theirs);
      }),
      { numRuns: 3_000, seed: 7 },
    );
    expect(Math.min(seen.true, seen.false, seen.none)).toBeGreaterThan(100);
  });
});

function answerOf(ask: () => unknown, none: new (...args: never[]) => object): "true" | "false" | "none" {
  try {
    return ask() === true ? "true" : "false";
  } catch (error) {
    if (error instanceof none) return "none";
    throw error;
  }
}
