import { describe, expect, it } from "vitest";
import { buildGraph, isTest } from "./layout/import-graph.ts";
import { plant, planted } from "./layout/planted.ts";
import { findViolations, rules } from "./layout/rules.ts";
import { workspaceFiles } from "./layout/workspace-files.ts";

describe("the layout of the workspace", () => {
  const files = workspaceFiles();
  const graph = buildGraph(files);

  it("keeps every rule", () => {
    expect(findViolations(graph, files)).toEqual([]);
  });

  it("was really walked", () => {
    const shipped = [...graph.modules.keys()].filter((path) => !isTest(path));
    expect(shipped.length).toBeGreaterThanOrEqual(25);
    expect(graph.edges.length).toBeGreaterThanOrEqual(60);
    expect(new Set(graph.edges.flatMap((edge) => edge.targets.map((target) => target.kind)))).toEqual(
      new Set(["file", "workspace", "builtin", "external"]),
    );
  });
});

describe("the layout rules", () => {
  it("find nothing in a clean workspace", () => {
    const files = plant({});
    expect(findViolations(buildGraph(files), files)).toEqual([]);
  });

  it.each(planted)("%s: find %s", (rule, _what, changes) => {
    const files = plant(changes);
    const violations = findViolations(buildGraph(files), files);
    expect(violations.map((violation) => violation.rule)).toContain(rule);
    expect(Object.keys(changes)).toContain(violations.find((violation) => violation.rule === rule)?.path);
  });

  it("each have a planted violation", () => {
    expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)));
  });

  it("refuse to pass over a module that does not parse", () => {
    expect(() => buildGraph(plant({ "packages/core/src/gate/x.ts": "import {" }))).toThrow(/does not parse/);
  });
});
