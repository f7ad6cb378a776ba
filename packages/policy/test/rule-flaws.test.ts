import { describe, expect, it } from "vitest";
import { problemsOf } from "./policy-fixture.ts";

const ruleOf = (when: string): string =>
  `rules:\n  - id: a\n    when: ${JSON.stringify(when)}\n    then: deny\n    reason: x`;

const atOnce = "are never true at once";

describe("a rule that never matches, or always does", () => {
  it.each([
    ["time.hour > 23", "12", "time.hour is from 0 to 23; compare it with another number, such as 22"],
    [
      "run.steps < 1 && params.x > 2",
      "12",
      "run.steps is 1 or more; compare it with another number, such as 2",
    ],
    ["params.x > 2 && !(time.hour < 24)", "30", "!(time.hour < 24) is never true: time.hour is from 0 to 23"],
    ["params.x in []", "12", "the list is empty; write the values that are meant into it"],
    ["run.calls > 5 && false", "29", "false is never true; write a comparison in its place, or take it out"],
    [
      'run.calls > 5 && action.kind == "tool" && action.kind in ["llm", "image"]',
      "29",
      `action.kind == "tool" and action.kind in ["llm", "image"] ${atOnce}: it has one value; to match each of them write action.kind in ["tool", "llm", "image"]`,
    ],
    [
      "params.x == '18' && params.x == 18",
      "12",
      `params.x == "18" and params.x == 18 ${atOnce}: params.x is compared with a text and a number; write values of one type, such as "18"`,
    ],
    [
      "time.hour >= 22 && time.hour < 6",
      "12",
      `${atOnce}; write time.hour >= 22 || time.hour < 6 if each of them is enough, or change a value`,
    ],
    ["run.steps > 1 && run.steps < 2", "12", `${atOnce}; take one of them out, or change a value`],
    [
      "has(params.x) && !has(params.x)",
      "12",
      `has(params.x) and !has(params.x) ${atOnce}; take one of them out`,
    ],
    [
      "(time.hour > 22 && time.hour < 6) || run.steps < 1",
      "13",
      "or change a value; what stands beside it is never true, either",
    ],
  ])("%s never: at column %s, %s", (when, column, told) => {
    const [problem, ...others] = problemsOf(ruleOf(when));
    expect(problem).toContain(`4:${column} rule "a" never matches: `);
    expect(problem).toContain(told);
    expect(others).toEqual([]);
  });

  it.each([
    [
      "time.hour >= 6 || time.hour < 22",
      "one of time.hour >= 6 and time.hour < 22 is always true; write time.hour >= 6 && time.hour < 22 if all of them are meant",
    ],
    [
      'time.weekday != "saturday" || time.weekday != "sunday"',
      'write time.weekday != "saturday" && time.weekday != "sunday" if all of them are meant',
    ],
    ["24 > time.hour", "time.hour is from 0 to 23; compare it with another number, such as 23"],
    ["run.steps >= 1 && time.hour >= 0", "such as 2; what stands beside it is always true, too"],
    ["params.x > 1 || !(params.x > 1)", "is always true; take one of them out, or change a value"],
  ])("%s always: %s", (when, told) => {
    const [problem] = problemsOf(ruleOf(when));
    expect(problem).toContain('rule "a" matches every action: ');
    expect(problem).toContain(told);
    expect(problem).toMatch(/; if every action is meant, write when: true$/);
  });

  it.each([
    "time.hour > 22 && time.hour < 6",
    "time.hour >= 6 || time.hour < 22",
    "params.x == 1 && params.x in [2, 3]",
    'action.name == "a" && action.name == "b"',
    'run.spent > usd("$2") && run.spent < usd("$1")',
    'time.weekday != "saturday" || time.weekday != "sunday"',
    "params.x > 5 && params.x < 5 && run.steps > 3",
    "size(params.list) > 5 && size(params.list) < 3",
  ])("%s: what is told to write in its place is accepted", (when) => {
    const [problem = ""] = problemsOf(ruleOf(when));
    const [, written = ""] = /write (.*?)(?: if (?:each|all)|$)/.exec(problem) ?? [];
    expect(written).not.toBe("");
    expect(problemsOf(ruleOf(written))).toEqual([]);
  });

  it("is told where it is also in a text of several lines, and quoted no further than can be read", () => {
    const folded =
      "rules:\n  - id: a\n    when: >-\n      params.x > 1\n      && time.hour > 23\n    then: allow";
    expect(problemsOf(folded)[0]).toContain('6:10 rule "a" never matches: time.hour > 23');
    const long = `"${"x".repeat(5_000)}"`;
    const [problem] = problemsOf(ruleOf(`action.name == ${long} && action.kind == "tool" && run.steps < 1`));
    expect(problem).toContain("run.steps is 1 or more");
    const [quoted] = problemsOf(
      ruleOf(`params.x > 1 && size(params.y + ${long}) > 2 && size(params.y + ${long}) < 1`),
    );
    expect(quoted?.length).toBeLessThan(1_000);
    expect(quoted).toContain("or change a value");
  });
});

describe("a rule that another one always decides before", () => {
  const two = (first: string, second: string): string =>
    `rules:\n  - { id: a, reason: x, ${first} }\n  - { id: b, reason: x, ${second} }`;

  it.each([
    [
      two("when: true, then: allow, priority: 5", "when: run.steps > 9, then: deny"),
      'of the higher priority 5 decides before it; give "b" a priority above 5, or take one of them out',
    ],
    [
      two("when: true, then: allow, priority: 1000", "when: run.steps > 9, then: deny, priority: 7"),
      'of the higher priority 1000 decides before it; give "a" a priority below 7, or take one of them out',
    ],
    [
      two("when: run.steps > 9, then: deny", "when: run.steps > 9 && run.calls > 5, then: skip"),
      'answers deny whenever it matches, and is told of in its place; give "b" a priority above 0 if it is an exception, or take one of them out',
    ],
    [
      two("when: run.steps > 9, then: deny", "when: run.steps>9, then: deny"),
      "has the same condition and also answers deny; take one of them out",
    ],
  ])("%s: %s", (text, told) => {
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^4:\d+ rule "b" never decides: rule "a" \(policy:3\) /),
    ]);
    expect(problemsOf(text)[0]).toContain(told);
  });
});
