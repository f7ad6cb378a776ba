import { describe, expect, it } from "vitest";
import { type Action, type ActionKind, actionKinds } from "../action/action.ts";
import { InvalidConfig } from "../errors.ts";
import type { EvaluationContext, Evaluator } from "./evaluator.ts";
import { allowModels, denyModels } from "./model-lists.ts";
import { allowTools, denyTools } from "./tool-lists.ts";

const context = {} as EvaluationContext;

function ask(evaluator: Evaluator, name: string, kind: ActionKind = "tool") {
  const action: Action = { kind, name, params: {}, amounts: {}, subject: {} };
  return evaluator.evaluate(action, context);
}

const kindsThat = (evaluator: Evaluator, decision: string): ActionKind[] =>
  actionKinds.filter((kind) => (ask(evaluator, "x", kind) as { decision: string }).decision === decision);

describe("a list of allowed tools", () => {
  const list = allowTools(["search", "read_*"]);

  it("lets through what is on it, by name or beginning", () => {
    expect(ask(list, "search")).toEqual({ decision: "allow" });
    expect(ask(list, "read_file")).toEqual({ decision: "allow" });
  });

  it("denies every other tool", () => {
    expect(ask(list, "search_web")).toEqual({
      decision: "deny",
      reason: 'tool "search_web" is not on the list of allowed tools',
      terminal: false,
    });
  });

  it("denies every tool when it is empty", () => {
    expect(ask(allowTools([]), "search")).toMatchObject({ decision: "deny" });
  });

  it("looks at tool calls only", () => {
    expect(kindsThat(list, "deny")).toEqual(["tool"]);
  });
});

describe("a list of denied tools", () => {
  const list = denyTools(["delete_*", "send_money"], { terminal: true, name: "danger" });

  it("denies what is on it and names the pattern", () => {
    expect(ask(list, "delete_all")).toEqual({
      decision: "deny",
      reason: 'tool "delete_all" is on the list of denied tools',
      rule: "delete_*",
      terminal: true,
    });
  });

  it("lets every other tool through", () => {
    expect(ask(list, "send_mail")).toEqual({ decision: "allow" });
  });

  it("looks at tool calls only", () => {
    expect(kindsThat(denyTools(["*"]), "deny")).toEqual(["tool"]);
  });
});

describe("lists of models", () => {
  it("allow or deny models by id or beginning", () => {
    expect(ask(allowModels(["gpt-4o*"]), "gpt-4o-mini", "llm")).toEqual({ decision: "allow" });
    expect(ask(allowModels(["gpt-4o*"]), "o1", "llm")).toMatchObject({
      decision: "deny",
      reason: 'model "o1" is not on the list of allowed models',
    });
    expect(ask(denyModels(["o1*"]), "o1-pro", "llm")).toMatchObject({ decision: "deny", rule: "o1*" });
    expect(ask(denyModels(["o1*"]), "gpt-4o", "llm")).toEqual({ decision: "allow" });
  });

  it.each([
    ["allowed", allowModels([])],
    ["denied", denyModels(["*"])],
  ])("look at models of every kind, and at nothing else (%s)", (_, list) => {
    expect(kindsThat(list, "allow")).toEqual(["tool", "other"]);
  });
});

describe("a list of names", () => {
  it("has a name of its own kind unless it is given one", () => {
    const lists = [
      allowTools([]),
      denyTools([]),
      allowModels([]),
      denyModels([]),
      denyTools([], { name: "x" }),
    ];
    expect(lists.map(({ name }) => name)).toEqual([
      "allow-tools",
      "deny-tools",
      "allow-models",
      "deny-models",
      "x",
    ]);
  });

  it.each<[string, () => unknown, string]>([
    ["a pattern with a star inside", () => allowTools(["a", "b*c"]), "patterns[1]"],
    ["text for a list", () => denyTools("search" as never), "patterns"],
    ["a bad name", () => denyModels([], { name: "a b" }), "name"],
    ["a terminal that is neither true nor false", () => denyTools([], { terminal: 1 as never }), "terminal"],
  ])("refuses %s", (_, make, field) => {
    expect(make).toThrow(expect.objectContaining({ constructor: InvalidConfig, field }));
  });
});
