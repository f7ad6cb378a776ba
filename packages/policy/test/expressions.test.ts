import { lintPolicy } from "@tollgate/policy";
import { describe, expect, it } from "vitest";
import { ask, flawsOf, scopeOf } from "./expression-fixture.ts";

describe("an expression", () => {
  it.each([
    ['action.kind == "tool" && action.name.startsWith("pay_")', true],
    ['action.name in ["pay_invoice", "refund"]', true],
    ['subject.user != "alice"', false],
    ['run.spent > usd("$1.99") && run.spent < usd("$2.01")', true],
    ['budget["daily"].ratio >= 0.8 && budget["per-run"].left <= 20', true],
    ["time.hour < 6 || time.hour >= 20", false],
    ['time.weekday in ["saturday", "sunday"] ? true : time.hour == 14', true],
    ['action.amounts["usd"] == usd("$5")', true],
    ["has(subject.role) && subject.role == 'admin'", false],
    ["-run.steps + 4 == 1 && run.steps % 2 == 1 && run.steps / 2 == 1 && run.steps * 2 - 6 == 0", true],
    ["double(run.steps) / 2.0 == 1.5", true],
    ["action.maxOutputTokens / 2 == 2 && action.maxOutputTokens > 4", true],
    ['"a" + string(run.steps) == "a3" && int("7") == 7', true],
  ])("%s: %s", (source, answer) => {
    expect(ask(source)).toBe(answer);
  });

  it.each([
    ["params.amount > 100", { amount: 100.5 }, true],
    ["params.amount == 100", { amount: 100 }, true],
    ["params.amount * 2 > 2.9 && params.amount + 1 > 2", { amount: 1.5 }, true],
    ['params.to[0].mail.endsWith("@acme.com")', { to: [{ mail: "a@acme.com" }] }, true],
    ['params["to-do"] == [1, 2]', { "to-do": [1, 2] }, true],
    ["params.items.all(x, x.price < 5)", { items: [{ price: 1 }, { price: 4.5 }] }, true],
    ["params.items.exists(x, x == 'b')", { items: ["a", "b"] }, true],
    ["params.items.exists_one(x, x > 1)", { items: [1, 2, 3] }, false],
    ["size(params.items.filter(x, x > 1).map(x, x * 2)) == 2", { items: [1, 2, 3] }, true],
    ["params.items.exists(x, params.others.exists(y, x == y))", { items: [1, 2], others: [2] }, true],
    ["params.all(key, key != 'cc')", { to: 1, cc: 2 }, false],
    ["'cc' in params", { cc: 1 }, true],
    ["params.name.lowerAscii().contains('drop')", { name: "DROP TABLE" }, true],
    ["params.x == null", { x: null }, true],
    ["params.x == null", { x: 0 }, false],
    ["params.x != null && params.x > 3", { x: null }, false],
    ["has(params.x)", { x: null }, true],
    ["params.flag", { flag: true }, true],
    ["!params.flag", { flag: true }, false],
  ])("%s of %o: %s", (source, params, answer) => {
    expect(ask(source, params)).toBe(answer);
  });

  it.each([
    ["params.age > 18", {}, /params\.age is missing; test it with has\(params\.age\)/],
    ["params.age == 18", { age: "18" }, /a text cannot be compared with a number/],
    ["params.age < 18", { age: "17" }, /a text cannot be compared/],
    ["params.age == '18'", { age: 18 }, /a number cannot be compared with a text/],
    ["params.age == 18", { age: null }, /null cannot be compared with a number/],
    ["params.age in [17, 18]", { age: "18" }, /a text cannot be compared/],
    ["params.flag == true", { flag: 1 }, /a number cannot be compared with a boolean/],
    ["params.flag", { flag: "true" }, /a text is neither true nor false/],
    ["params.flag || false", { flag: 0 }, /a number is neither/],
    ["!params.flag", {}, /params\.flag is missing/],
    ["params.a.b == 1", { a: null }, /params\.a is null, and has no members/],
    ["params.a.b == 1", "text", /params is a text/],
    ["has(params.a.b)", {}, /params\.a is missing/],
    ["params.a[3] == 1", { a: [1] }, /params\.a\[3\] is missing/],
    ["params.a + 1 == 2", { a: "1" }, /a text \+ a number has no value/],
    ["params.constructor == 1", {}, /params\.constructor is missing/],
    ["params.x.toString == 1", { x: {} }, /is missing/],
    ["params.a / 0 > 1", { a: 1 }, /beyond all bounds/],
    ["run.steps / (run.steps - 3) > 1", {}, /divides by 0/],
    ["run.steps * 9223372036854775807 > 1", {}, /beyond 64 bits/],
    ["subject.tenant == 'acme'", {}, /subject\.tenant is missing/],
    ["params.items.all(x, x > 1)", { items: [2, "3"] }, /a text cannot be compared/],
  ])("%s of %o has no value", (source, params, why) => {
    expect(ask(source, params)).toMatch(why);
  });

  it("has a value where one side of && or || decides alone", () => {
    expect(ask("params.a > 1 && false")).toBe(false);
    expect(ask("true || params.a > 1")).toBe(true);
    expect(ask("params.a > 1 || run.steps == 3")).toBe(true);
    expect(ask("params.items.exists(x, x > 1)", { items: ["a", 2] })).toBe(true);
  });
});

describe("what an expression costs", () => {
  const megabyte = "a".repeat(1_000_000);
  const many = Array.from({ length: 100_000 }, (_, index) => index);

  it.each([
    ["params.items.all(x, params.items.exists(y, y == x))", { items: many }],
    ["params.items.all(x, params.text.contains('b') == false)", { items: many, text: megabyte }],
    ['params.text.matches("(a*)*b")', { text: megabyte + megabyte }],
    ['params.text.matches("(x+x+)+y|(a|aa)+$")', { text: megabyte + megabyte }],
    [
      `size([params.text]${".map(x, x + x)".repeat(9).replaceAll(/\(x, x \+ x/g, () => "(x, x + x")}) > 0`,
      { text: megabyte },
    ],
    ["params.items.map(x, params.items) == params.items.map(y, params.items)", { items: many }],
  ])("%s is bounded: it has no value", (source, params) => {
    expect(ask(source, params)).toMatch(/it takes more than 1000000 steps/);
  });

  it("is not made up for by the other side", () => {
    const scope = scopeOf({}, 100);
    expect(ask("params.items.all(x, x >= 0) || true", { items: many }, scope)).toMatch(/100 steps/);
    expect(
      ask("params.items.exists(x, params.items.all(y, y >= 0))", { items: many }, scopeOf({}, 100)),
    ).toMatch(/100 steps/);
  });

  it("of a large text that is only looked through stays within bounds", () => {
    expect(ask("params.text.contains('b')", { text: megabyte })).toBe(false);
    expect(ask('params.text.matches("b")', { text: megabyte.slice(0, 900_000) })).toBe(false);
  });
});

describe("what is wrong with an expression", () => {
  it.each([
    ['actoin.kind == "tool"', 0, 'there is no "actoin"; did you mean action?'],
    ['action.kind == "tool" && action.nam == "x"', 32, "there is no action.nam; did you mean action.name?"],
    ['budget["dayly"].ratio > 0.5', 0, 'there is no budget "dayly"; did you mean "daily"?'],
    [
      'budget["daily"].ration > 0.5',
      16,
      'there is no budget["daily"].ration; did you mean budget["daily"].ratio?',
    ],
    ["budget.daily.ratio > 0.5", 0, 'write budget["daily"] and a field of it'],
    ["budget[action.name].ratio > 0.5", 0, "write the id of a budget as text"],
    ['has(budget["daily"].ratio)', 0, "has() asks for a member that can be missing"],
    ["action == 'x'", 0, "name a field of it, such as action.kind"],
    ['run.spent > usd("5")', 16, 'usd("$5.00")'],
    ['params.q.matches("(a")', 17, 'character 1: "(" is not closed'],
    ["params.q.matches(params.p)", 17, "takes its pattern as text"],
    ['params.q.matches("(a)\\\\1")', 17, '"\\1" is not known'],
    ['params.q.matches("(?=a)")', 17, 'only "(?:" is known'],
    ["params.q.split(',') == []", 0, "there is no method split(); there are"],
    ["params.q.startswith('a')", 0, "did you mean startsWith()?"],
    ["timestamp('2026-01-01') == 1", 0, "there is no function timestamp()"],
    ["{'a': 1} == params", 0, "maps and optional access are not used"],
    ["params.items.all(run, true)", 17, '"run" is taken already'],
    ["action.kind == 5", 0, 'write a text in quotes, as "5"'],
    ['run.steps > "5"', 0, "write the number without quotes: 5"],
    ["action.provider == null", 0, "has() tells whether it is there"],
    ["run.steps * 1.5 > 3.0", 0, "both sides must be of one type"],
    ["run.steps", 0, "the value is a int, and must be true or false"],
    ["action.kind == ", 15, "this is no CEL expression"],
    ["", 0, "this is no CEL expression"],
    ["x ".repeat(3), 2, "this is no CEL expression"],
  ])("%s: at %i, %s", (source, offset, message) => {
    const [flaw, ...others] = flawsOf(source);
    expect(flaw?.message).toContain(message);
    expect(flaw?.offset).toBe(offset);
    expect(others).toEqual([]);
  });

  it("is told all at once where it is names", () => {
    expect(flawsOf("acton.kind == 'a' && runn.steps > 1 && budget['x'].left > 1")).toHaveLength(3);
  });

  it("is its length, where there is no end to it", () => {
    const [flaw] = flawsOf(Array.from({ length: 500 }, () => "true").join(" && "));
    expect(flaw?.message).toMatch(/400/);
    expect(flawsOf(`${"(".repeat(60)}true${")".repeat(60)}`)).toHaveLength(1);
  });
});

describe("what parameters cannot do to a condition", () => {
  it.each([null, true, false, [0], "0", {}])("have %o taken for the number of an item", (place) => {
    expect(ask("params.list[params.place] == 1", { list: [1, 1], place })).toMatch(/have whole numbers/);
  });

  it("have names of maps counted for nothing, again and again", () => {
    const map = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
    const items = Array.from({ length: 100 }, () => 0);
    for (const source of [
      "params.items.exists(x, size(params.map) == x)",
      "params.items.exists(x, params.map.exists(y, true) == false)",
      "params.items.exists(x, params.map == params.none)",
    ]) {
      expect(ask(source, { items, map, none: {} }), source).toMatch(/more than 1000000 steps/);
    }
    expect(ask("size(params.map) == 10000", { map })).toBe(true);
  });

  it("have one text looked for in another in more time than both are long", () => {
    // Engines look at each of the 200,000 places of this text for as long as the part's end is.
    const text = "a".repeat(400_000);
    const part = `${"a".repeat(1_000)}b${"a".repeat(200_000)}`;
    const scope = scopeOf();
    expect(ask("params.text.contains(params.part)", { text, part }, scope)).toBe(false);
    expect(ask("params.text.contains(params.part)", { text: `${text}${part}`, part })).toBe(true);
  });

  it("is found by what it is alone", () => {
    for (const [text, part] of [
      ["abababababababababac", "ababababababababac"],
      ["x".repeat(50), "x".repeat(50)],
      ["x".repeat(16), "x".repeat(17)],
      ["aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaab"],
      ["äöü😀".repeat(9), "ü😀äöü😀äöü😀äöü😀äö"],
      ["äöü😀".repeat(9), "ü😀äöü😀äöü😀äöü😀öö"],
    ] as const) {
      expect(ask("params.text.contains(params.part)", { text, part }), part).toBe(text.includes(part));
    }
  });

  it("is changed in its ASCII letters alone", () => {
    const text = `aZ${"Ä😀ßI".repeat(3_000)}\ud800z@[\`{`;
    const lower = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const upper = text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
    expect(ask("params.text.lowerAscii() == params.lower", { text, lower })).toBe(true);
    expect(ask("params.text.upperAscii() == params.upper", { text, upper })).toBe(true);
  });
});

describe("an expression without end", () => {
  it("is refused where it is, and quoted no further than can be read", () => {
    expect(flawsOf(`${"!".repeat(200_000)}true`)).toEqual([
      { offset: 0, message: "it nests deeper than can be read" },
    ]);
    const [problem] = lintPolicy(
      `version: 1\nrules: [{ id: a, when: "${"x".repeat(9_000)} == 1", then: allow }]\n`,
    );
    expect(problem?.message).toMatch(/^there is no "x{900,} \.\.\.$/);
  });
});

describe("a pattern that a policy cannot have", () => {
  it("is one that repeats nothing without end, or is endless", () => {
    const empty = `${"(".repeat(12)}${"){100}".repeat(12)}`;
    expect(flawsOf(`params.q.matches("${empty}")`)[0]?.message).toMatch(/too large/);
    expect(flawsOf(`params.q.matches("[${"ab".repeat(600)}]")`)[0]?.message).toMatch(/more than 1000 char/);
  });
});
