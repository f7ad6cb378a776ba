import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidPolicy, lintPolicy, loadPolicy } from "@tollgate/policy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { actionOf, contextOf, policyOf, problemsOf } from "./policy-fixture.ts";

const rule = (when: string, more = "then: deny\n    reason: no"): string =>
  `rules:\n  - id: a\n    when: ${when}\n    ${more}`;

describe("a policy that makes no sense", () => {
  it.each([
    ["ruls: []", ['2:1 there is no "ruls" in a policy; did you mean rules?']],
    ["rules: {}", ["2:8 rules is a list"]],
    ["otherwise: maybe", ["2:12 otherwise is one of allow, deny"]],
    ["timeZone: Europe/Berln", [expect.stringContaining("2:11 timeZone: ")]],
    [rule("true", "then: dney\n    reason: x"), [expect.stringContaining("5:11 then is one of")]],
    [rule("true", "then: deny"), ["3:5 the rule has no reason: say why it answers deny"]],
    [rule("true", "then: degrade\n    reason: x"), [expect.stringContaining("5:11 degrade needs to know")]],
    [
      rule("true", "then: { require_approval: { ttl: 30 } }\n    reason: x"),
      ["5:38 ttl is a time such as 90s, 30m, 4h or 7d, at most 24d"],
    ],
    [
      rule("true", "then: deny\n    priority: high\n    reason: x"),
      ["6:15 priority is a whole number from -1000 to 1000"],
    ],
    [
      "budgets:\n  - id: a\n    limit: 5\n    by: [usr]",
      [
        expect.stringContaining("4:12 limit: the number 5 has no unit"),
        expect.stringContaining('5:10 by[0]: expected one of tenant, user, agent, role, session, got "usr"'),
      ],
    ],
    [
      "budgets:\n  - { id: a, limit: $5 }\n  - { id: a, limit: $6 }",
      ['4:5 there is a budget "a" already; give one another id'],
    ],
    [
      "budgets:\n  - { id: a, limit: $5, soft: { limit: $6, then: skip } }",
      ["3:40 a soft limit is of the same unit, and below the limit"],
    ],
    ["prices:\n  models: { gpt-4o: { input: 5 } }", [expect.stringContaining('3:21 the price of "gpt-4o"')]],
    ["roles:\n  a: { capability: read_olny }", [expect.stringContaining("3:20 capability is one of")]],
    ["roles: { a: { tools: ['*x'] } }", [expect.stringContaining('has a "*" before its end')]],
    [
      "roles: { analyst: {} }\nsubjects: [{ agent: x, role: analist }]",
      ['3:30 there is no role "analist"; did you mean analyst?'],
    ],
    ["otherwise: *x", ["2:12 aliases are not used in policies; write it out"]],
    [
      "otherwise: allow\notherwise: deny",
      [expect.stringContaining("this is no YAML: Map keys must be unique")],
    ],
    ["otherwise: !!js/function x", [expect.stringContaining("2:12")]],
    ["include: [a.yaml]", ["2:11 only a policy in a file can include others"]],
    [
      "rules:\n  - id: a\n    when: true\n    then: allow\n    reason: $" + "{env.HOME}",
      [expect.stringContaining("6:13 the environment is read for secrets only")],
    ],
  ])("%s is refused, by line and column", (text, problems) => {
    const found = problemsOf(text);
    for (const [index, problem] of problems.entries()) expect(found[index]).toEqual(problem);
  });

  it("is told of all at once", () => {
    const problems = problemsOf(
      "otherwise: maybe\nbudgets:\n  - id: a\n    limit: 5\nrules:\n  - id: a\n    wen: true\n    then: no",
    );
    expect(problems.length).toBeGreaterThanOrEqual(5);
  });

  it("names its version, or that there is none", () => {
    expect(lintPolicy("rules: []\n")).toMatchObject([
      { line: 1, message: expect.stringContaining("version: 1") },
    ]);
    expect(lintPolicy("version: 2\n")).toMatchObject([{ line: 1, column: 10 }]);
    expect(lintPolicy("\n")).toMatchObject([{ message: expect.stringContaining("empty") }]);
  });

  it.each([
    ['action.knd == "tool"', 4, 18],
    ['"action.knd == \\"tool\\""', 4, 19],
    [`'action.name == ''x'' && action.knd == "tool"'`, 4, 43],
    ['|\n      true &&\n        action.knd == "tool"', 6, 16],
    ['>-\n      true\n      && action.knd == "tool"', 6, 17],
    ['true &&\n      action.knd == "tool"', 5, 14],
  ])("shows where in the text of %j the mistake is", (when, line, column) => {
    expect(problemsOf(rule(when))).toEqual([
      `${line}:${column} there is no action.knd; did you mean action.kind?`,
    ]);
  });
});

describe("rules that are not what they look like", () => {
  const two = (first: string, second: string): string =>
    `rules:\n  - { id: a, reason: x, ${first} }\n  - { id: b, reason: x, ${second} }`;

  it.each([
    [
      rule("time.hour > 22 && time.hour < 6"),
      [expect.stringContaining('4:11 rule "a" never matches: time.hour > 22 and time.hour < 6 ')],
    ],
    [
      rule("time.hour >= 6 || time.hour < 22"),
      [expect.stringContaining("if every action is meant, write when: true")],
    ],
    [
      two("when: true, then: allow, priority: 5", "when: run.steps > 9, then: deny"),
      [expect.stringContaining('4:31 rule "b" never decides: rule "a" (policy:3) of the higher priority 5')],
    ],
    [
      two("when: run.steps > 9, then: deny", "when: run.steps > 9 && run.calls > 5, then: skip"),
      [
        expect.stringContaining(
          'rule "b" never decides: rule "a" (policy:3) answers deny whenever it matches',
        ),
      ],
    ],
    [
      two("when: run.steps > 9, then: deny", "when: run.steps>9, then: deny"),
      [expect.stringContaining('rule "b" never decides')],
    ],
  ])("%s: reported", (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each([
    two("when: true, then: allow, priority: -5", "when: run.steps > 9, then: deny"),
    two("when: run.steps > 9, then: skip", "when: run.steps > 9 && run.calls > 5, then: deny"),
    two("when: run.steps > 9, then: deny", "when: run.calls > 9, then: deny"),
    two(
      "when: run.steps > 9, then: { degrade: { model: x } }",
      "when: run.steps > 9, then: { degrade: { provider: y } }",
    ),
  ])("%s: nothing is found where both can decide", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("the environment", () => {
  const text = rule(
    "true",
    `then: { degrade: { params: { key: "\${env.CHEAP_KEY}" } } }\n    reason: cheaper`,
  );

  it("gives secrets to the params of a degrade, which the digest does not tell", async () => {
    const verdictOf = async (secret: string): Promise<unknown> =>
      (await policyOf(text, { env: { CHEAP_KEY: secret } }).explain(actionOf(), contextOf())).verdict;
    expect(await verdictOf("one")).toMatchObject({ patch: { params: { key: "one" } } });
    expect(await verdictOf("two")).toMatchObject({ patch: { params: { key: "two" } } });
    const digests = ["one", "two"].map((key) => policyOf(text, { env: { CHEAP_KEY: key } }).digest);
    expect(new Set(digests).size).toBe(1);
  });

  it("must have the secret when the policy is loaded", () => {
    expect(problemsOf(text, { env: {} })).toEqual([
      "5:39 the environment has no CHEAP_KEY; set it before the policy is loaded",
    ]);
  });
});

describe("data in a policy", () => {
  it.each([
    ["{ v: .nan }", "5:34 no such number can be kept; write it as text, in quotes"],
    ["12345678901234567890", "5:29 no such number can be kept; write it as text, in quotes"],
    ["{ ? [a] : 1 }", "5:33 a name is a text; put it in quotes"],
    [
      "{ __proto__: { a: 1 } }",
      "5:31 no member can have this name, which stands for another object's members",
    ],
  ])("is %s as it is written, or it is refused", (result, problem) => {
    expect(problemsOf(rule("true", `then: { skip: { result: ${result} } }\n    reason: none`))).toEqual([
      problem,
    ]);
  });
});

describe("a policy of several files", () => {
  let folder = "";
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-policy-"));
    mkdirSync(join(folder, "teams"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("has the budgets, prices and rules of all of them", () => {
    write(
      "teams/a.yaml",
      "version: 1\nrules:\n  - { id: a, when: 'budget[\"all\"].ratio > 0.5', then: deny, reason: x }\n",
    );
    const path = write(
      "main.yaml",
      "version: 1\ninclude: [teams/a.yaml]\nbudgets:\n  - { id: all, limit: $1 }\n",
    );
    const policy = loadPolicy(path);
    expect(policy.ruleIds).toEqual(["a"]);
    expect(policy.policy().budgets).toHaveLength(1);
    expect(policy.files).toHaveLength(2);
  });

  it("is refused when a file is missing, included twice, or says again what another says", () => {
    write("teams/a.yaml", "version: 1\nfoo: 1\notherwise: deny\n");
    const path = write(
      "main.yaml",
      "version: 1\notherwise: deny\ninclude: [teams/a.yaml, main.yaml, none.yaml]\n",
    );
    const problems = lintPolicy(path).map(
      ({ file, line, message }) => `${file.split("/").pop()}:${line} ${message}`,
    );
    expect(problems).toEqual([
      "main.yaml:3 main.yaml is included already; leave it out",
      expect.stringContaining("main.yaml:3 none.yaml cannot be read"),
      expect.stringContaining('a.yaml:2 there is no "foo"'),
      expect.stringContaining("a.yaml:3"),
    ]);
  });

  it("is found by a file URL, too", () => {
    write("a policy.yaml", "version: 1\n");
    expect(loadPolicy(pathToFileURL(join(folder, "a policy.yaml"))).ruleIds).toEqual([]);
  });

  it("is refused, and nothing worse, when it nests without end", () => {
    const path = write("main.yaml", `version: 1\nrules: ${"[".repeat(100_000)}\n`);
    expect(() => loadPolicy(path)).toThrow(InvalidPolicy);
  });

  it("is read from files alone, of no more than can be read in time", () => {
    const path = write("main.yaml", "version: 1\ninclude: [/dev/zero, teams]\n");
    expect(lintPolicy(path).map(({ message }) => message)).toEqual([
      "/dev/zero cannot be read: it is no file",
      "teams cannot be read: it is no file",
    ]);
    expect(() => loadPolicy("/dev/zero")).toThrow("it is no file");
    const long = `version: 1\n# ${"x".repeat(600_000)}\n`;
    write("long.yaml", long);
    expect(
      lintPolicy(write("main.yaml", `${long}include: [long.yaml]\n`)).map(({ message }) => message),
    ).toEqual([expect.stringContaining("at most 1000000 bytes together")]);
    expect(() => loadPolicy(long + long)).toThrow("at most 1000000 bytes together");
  });

  it("cannot be loaded from a path that is none", () => {
    expect(() => loadPolicy(join(folder, "nowhere.yaml"))).toThrow(InvalidPolicy);
  });
});

describe("the digest", () => {
  const base =
    "budgets:\n  - { id: a, limit: $1 }\n  - { id: b, limit: $2 }\nrules:\n  - { id: x, when: run.steps > 5, then: allow }\n";

  it("is of what is said, not of how it is written", () => {
    const other =
      "rules:\n  # a remark\n  - id: x\n    then: allow\n    when: (run.steps   > 5)\nbudgets:\n  - { id: b, limit: $2 }\n  - { id: a, limit: $1 }\n";
    expect(policyOf(other).digest).toBe(policyOf(base).digest);
  });

  it.each([
    ["params.a - (params.b - params.c) > 1", "params.a - params.b - params.c > 1"],
    ["params.a - (params.b + params.c) > 1", "params.a - params.b + params.c > 1"],
    ["params.a == (params.b == params.c)", "(params.a == params.b) == params.c"],
    ["params.a < (params.b in params.c)", "(params.a < params.b) in params.c"],
    ["params.a / 2 > 5", "params.a / 2.0 > 5"],
    ["params['a.b'] > 1", "params.a.b > 1"],
    ["params.a == '1'", "params.a == 1"],
  ])("tells %s from %s, and neither is taken for the other", (first, second) => {
    const policy = (when: string) =>
      policyOf(`rules: [{ id: a, when: ${JSON.stringify(when)}, then: allow }]\n`);
    expect(policy(first).digest).not.toBe(policy(second).digest);
    // Both can be so at once, each for its own reason.
    expect(policy(`${first} && !(${second})`).ruleIds).toEqual(["a"]);
  });

  it.each([
    ["$1", "$3"],
    ["> 5", "> 6"],
    ["then: allow", "then: deny, reason: x"],
    ["id: x", "id: y"],
    ["rules:", "otherwise: deny\nrules:"],
    ["rules:", "timeZone: Asia/Tokyo\nrules:"],
    ["rules:", "prices: { unknown: allow }\nrules:"],
    ["rules:", "roles: { a: { tools: [b] } }\nrules:"],
  ])("changes with %s -> %s", (from, to) => {
    expect(policyOf(base.replace(from, to)).digest).not.toBe(policyOf(base).digest);
  });
});
