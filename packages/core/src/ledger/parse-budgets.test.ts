// biome-ignore-all lint/suspicious/noThenProperty: a budget's `then` is a word, never called.
import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import type { BudgetInput } from "./budget.ts";
import { parseBudgets } from "./parse-budgets.ts";

const parse = (...inputs: unknown[]) => parseBudgets(inputs as BudgetInput[]);

/** Parses a good budget with some members replaced, in second place. */
const parseWith = (members: Record<string, unknown>) =>
  parse({ id: "first", limit: "$1.00" }, { id: "second", limit: "$2.00", ...members })[1];

describe("reading budgets", () => {
  it("completes a budget with the documented defaults", () => {
    expect(parse({ id: "all", limit: "$5.00" })).toEqual([
      {
        id: "all",
        unit: "usd",
        limit: 5_000_000_000n,
        per: "total",
        timeZone: "UTC",
        by: [],
        match: {},
        then: "deny",
      },
    ]);
  });

  it("makes match members lists and puts partition fields in their fixed order", () => {
    const budget = parseWith({
      by: ["agent", "tenant"],
      match: { kind: "llm", name: ["gpt-4*", "o3"], tenant: "acme", role: ["a", "b"] },
    });
    expect(budget?.by).toEqual(["tenant", "agent"]);
    expect(budget?.match).toEqual({
      kind: ["llm"],
      name: ["gpt-4*", "o3"],
      tenant: ["acme"],
      role: ["a", "b"],
    });
  });

  it("keeps a degrade with its patch, out of reach of later changes", () => {
    const params = { temperature: 0, stop: ["x"] };
    const degrade = { model: "gpt-4o-mini", maxOutputTokens: 100, params };
    const budget = parseWith({ then: "degrade", degrade });
    params.stop.push("y");
    degrade.model = "gpt-9";
    expect(budget?.degrade).toEqual({
      model: "gpt-4o-mini",
      maxOutputTokens: 100,
      params: { temperature: 0, stop: ["x"] },
    });
    expect(Object.isFrozen(budget)).toBe(true);
    expect(Object.isFrozen(budget?.degrade)).toBe(true);
  });

  it("allows a limit of 0, which lets nothing through", () => {
    expect(parseWith({ limit: "$0" })?.limit).toBe(0n);
  });

  it("counts members that are undefined as absent", () => {
    expect(parseWith({ per: undefined, match: { kind: undefined }, degrade: undefined })).toEqual(
      parseWith({}),
    );
  });

  it.each(["UTC", "Europe/Berlin", "America/Havana", "Asia/Kathmandu", "Etc/GMT+5"])(
    "knows the time zone %s",
    (timeZone) => {
      expect(parseWith({ per: "day", timeZone })?.timeZone).toBe(timeZone);
    },
  );

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ["a number as limit", { limit: 5 }, "limit", /no unit; write "\$5.00"/],
    ["NaN as limit", { limit: Number.NaN }, "limit", /NaN has no unit/],
    ["no limit", { limit: undefined }, "limit", /expected "\$5.00"/],
    ["a negative limit", { limit: { unit: "usd", amount: -1n } }, "limit", /negative/],
    ["a negative limit in text", { limit: "-$5" }, "limit", /cannot read/],
    ["an ill-formed unit", { limit: "5 US-Dollars" }, "limit", /cannot read/],
    ["an ill-formed exact unit", { limit: { unit: "Tokens", amount: 1n } }, "limit", /not a unit/],
    ["a unit that is a slip", { limit: "100 call" }, "limit", /100 calls/],
    ["no id", { id: undefined }, "id", /expected 1 to 64/],
    ["an empty id", { id: "" }, "id", /expected 1 to 64/],
    ["an id with a space", { id: "my budget" }, "id", /"my budget"/],
    ["an id that is too long", { id: "x".repeat(65) }, "id", /expected 1 to 64/],
    ["an id that is taken", { id: "first" }, "id", /already the id of budgets\[0\]/],
    ["an unknown window", { per: "daily" }, "per", /one of run, hour, day, .*got "daily"/],
    ["a window in another case", { per: "Day" }, "per", /did you mean "day"/],
    ["null as window", { per: null }, "per", /got null/],
    [
      "a time zone that does not exist",
      { per: "day", timeZone: "Mars/Phobos" },
      "timeZone",
      /not a time zone/,
    ],
    ["a slip in a time zone", { per: "day", timeZone: "Europe/Berln" }, "timeZone", /mean "Europe\/Berlin"/],
    ["an offset as time zone", { per: "day", timeZone: "+02:00" }, "timeZone", /not a time zone/],
    ["a number as time zone", { per: "day", timeZone: 2 }, "timeZone", /not a time zone/],
    ["a time zone per run", { per: "run", timeZone: "UTC" }, "timeZone", /per run does not follow the clock/],
    ["a time zone without a window", { timeZone: "UTC" }, "timeZone", /per total does not follow/],
    ["an unknown partition field", { by: ["usr"] }, "by[0]", /did you mean "user"/],
    ["capability as partition field", { by: ["capability"] }, "by[0]", /one of tenant/],
    ["a partition field twice", { by: ["user", "tenant", "user"] }, "by[2]", /"user" is listed twice/],
    ["a partition that is no list", { by: "user" }, "by", /a list such as \["user"\]/],
    ["an unknown property", { limt: "$5" }, "limt", /did you mean limit/],
    ["an unknown property like no other", { foo: 1 }, "foo", /known are id, limit/],
    ["an unknown kind", { match: { kind: "lllm" } }, "match.kind", /did you mean "llm"/],
    ["an unknown kind in a list", { match: { kind: ["llm", "tol"] } }, "match.kind[1]", /mean "tool"/],
    ["an unknown match property", { match: { model: "gpt-4" } }, "match.model", /there is no such property/],
    ["a match that is no object", { match: "llm" }, "match", /expected an object, got "llm"/],
    ["an empty match list", { match: { name: [] } }, "match.name", /matches nothing/],
    ["an empty list of kinds", { match: { kind: [] } }, "match.kind", /matches nothing/],
    ["an empty name", { match: { name: "" } }, "match.name", /1 to 256 characters/],
    [
      "a pattern with * in the middle",
      { match: { name: "gpt-*-mini" } },
      "match.name",
      /"\*" before its end/,
    ],
    ["a pattern with two *", { match: { name: ["a", "**"] } }, "match.name[1]", /"\*" before its end/],
    ["a pattern twice", { match: { name: ["a*", "a*"] } }, "match.name[1]", /twice/],
    ["a pattern for a user", { match: { user: "team-*" } }, "match.user", /patterns work in name alone/],
    ["a number as user", { match: { user: 7 } }, "match.user", /1 to 256 characters, got the number 7/],
    ["a user that no subject can have", { match: { user: "\ud800" } }, "match.user", /1 to 256/],
    ["an unknown answer", { then: "block" }, "then", /one of degrade, skip/],
    ["degrade without a patch", { then: "degrade" }, "degrade", /needs a patch/],
    ["a patch without degrade", { degrade: { model: "m" } }, "degrade", /only used with then: "degrade"/],
    ["an empty patch", { then: "degrade", degrade: {} }, "degrade", /changes nothing/],
    [
      "a patch of undefined",
      { then: "degrade", degrade: { model: undefined } },
      "degrade",
      /changes nothing/,
    ],
    ["an unknown patch property", { then: "degrade", degrade: { modle: "m" } }, "degrade.modle", /model/],
    ["an empty model", { then: "degrade", degrade: { model: "" } }, "degrade.model", /1 to 256/],
    [
      "0 tokens",
      { then: "degrade", degrade: { maxOutputTokens: 0 } },
      "degrade.maxOutputTokens",
      /1 or more/,
    ],
    [
      "half a token",
      { then: "degrade", degrade: { maxOutputTokens: 0.5 } },
      "degrade.maxOutputTokens",
      /whole/,
    ],
    ["empty params", { then: "degrade", degrade: { params: {} } }, "degrade.params", /changes nothing/],
    ["a list as params", { then: "degrade", degrade: { params: [] } }, "degrade.params", /object/],
    [
      "a function in params",
      { then: "degrade", degrade: { params: { f() {} } } },
      "degrade.params",
      /function/,
    ],
  ])("refuses %s", (_, members, member, problem) => {
    const act = () => parseWith(members);
    expect(act).toThrow(InvalidConfig);
    expect(act).toThrow(problem);
    expect(act).toThrow(expect.objectContaining({ field: `budgets[1].${member}` }));
  });

  it.each([[null], ["daily"], [[]], [undefined]])("refuses %j as a budget", (input) => {
    expect(() => parse(input)).toThrow(expect.objectContaining({ field: "budgets[0]" }));
  });

  it("refuses a hole in the list", () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
    expect(() => parse(...[, { id: "a", limit: "$1" }])).toThrow(
      expect.objectContaining({ field: "budgets[0]" }),
    );
  });

  it("refuses what is no list", () => {
    expect(() => parseBudgets({} as unknown as BudgetInput[])).toThrow(/^budgets: expected a list/);
  });
});
