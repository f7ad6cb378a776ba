import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { checkEvaluators } from "./check-evaluators.ts";
import { evaluator } from "./custom.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";

const evaluate = (): Verdict => ({ decision: "allow" });

describe("a list of evaluators", () => {
  it("may be empty, or of objects and class instances with different names", () => {
    class Own implements Evaluator {
      readonly name = "own";
      readonly evaluate = evaluate;
    }
    expect(() => checkEvaluators([])).not.toThrow();
    expect(() => checkEvaluators([new Own(), { name: "b.c_d-1", evaluate, timeoutMs: 0.5 }])).not.toThrow();
  });

  it.each<[string, unknown, string]>([
    ["is not a list", {}, "evaluators"],
    ["holds null", [null], "evaluators[0]"],
    ["holds a function", [evaluate], "evaluators[0]"],
    ["holds one without evaluate", [{ name: "a" }], "evaluators[0]"],
    ["holds one without a name", [{ evaluate }], "evaluators[0].name"],
    ["holds an empty name", [{ name: "", evaluate }], "evaluators[0].name"],
    ["holds a name with a slash", [{ name: "a/b", evaluate }], "evaluators[0].name"],
    ["holds a name of 65 characters", [{ name: "x".repeat(65), evaluate }], "evaluators[0].name"],
    [
      "holds a name twice",
      [
        { name: "a", evaluate },
        { name: "b", evaluate },
        { name: "a", evaluate },
      ],
      "evaluators[2].name",
    ],
    ["holds a time limit of 0", [{ name: "a", evaluate, timeoutMs: 0 }], "evaluators[0].timeoutMs"],
    [
      "holds a time limit of NaN",
      [{ name: "a", evaluate, timeoutMs: Number.NaN }],
      "evaluators[0].timeoutMs",
    ],
    [
      "holds a time limit that timers cannot keep",
      [{ name: "a", evaluate, timeoutMs: 2 ** 31 }],
      "evaluators[0].timeoutMs",
    ],
  ])("is refused when it %s", (_, list, field) => {
    expect(() => checkEvaluators(list as readonly Evaluator[])).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field }),
    );
  });
});

describe("an evaluator made of a function", () => {
  it("has its name, its function and its time limit", () => {
    expect(evaluator("mine", evaluate)).toEqual({ name: "mine", evaluate });
    expect(evaluator("mine", evaluate, { timeoutMs: 5 })).toEqual({ name: "mine", evaluate, timeoutMs: 5 });
  });

  it.each<[string, () => unknown, string]>([
    ["a bad name", () => evaluator("", evaluate), "name"],
    ["no function", () => evaluator("a", "x" as never), "evaluate"],
    ["a bad time limit", () => evaluator("a", evaluate, { timeoutMs: -1 }), "timeoutMs"],
  ])("is refused with %s", (_, make, field) => {
    expect(make).toThrow(expect.objectContaining({ constructor: InvalidConfig, field }));
  });
});
