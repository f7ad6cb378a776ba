import { globSync, readFileSync } from "node:fs";
import { readmeTables, surfaceTable } from "@tollgate/conformance/surface-table";
import { describe, expect, it } from "vitest";
import { agentsDriver } from "./surfaces.ts";

const readme = new URL("../README.md", import.meta.url);
const folder = new URL(".", import.meta.url);

surfaceTable(readme, agentsDriver("Responses"));

describe("the README's first table", () => {
  it("says where Chat Completions differs", () => {
    const [responses, chat] = [agentsDriver("Responses"), agentsDriver("Chat Completions")];
    const differing = Object.entries(responses.surfaces).flatMap(([name, { coverage }]) => {
      const other = chat.surfaces[name as keyof typeof chat.surfaces];
      return other.coverage === coverage ? [] : [other];
    });
    expect(differing).toHaveLength(1);
    const [difference] = differing;
    const why = difference?.coverage === "not covered" ? difference.why : "";
    expect(readFileSync(readme, "utf8")).toContain(why);
  });
});

describe("the README's second table", () => {
  const [, rows = []] = readmeTables(readme, "What is covered");

  it.each(rows)("has tests for %s", (title, coverage, how, tests) => {
    expect(["enforces", "observes"]).toContain(coverage);
    expect(how).not.toBe("");
    const [, file = ""] = /^\[real-[a-z-]+\]\(test\/(real-[a-z-]+\.test\.ts)\)$/.exec(tests ?? "") ?? [];
    const source = readFileSync(new URL(file, folder), "utf8");
    expect(source).toMatch(new RegExp(`describe(\\.each\\(apis\\))?\\("${title}`));
  });

  it("names every file of tests that drives the SDK, but for those about all surfaces", () => {
    const named = new Set(rows.map(([, , , tests]) => /test\/(\S+)\)/.exec(tests ?? "")?.[1]));
    const files = globSync("real-*.test.ts", { cwd: folder.pathname });
    const general = [
      "real-abandoned-tools.test.ts",
      "real-conformance.test.ts",
      "real-errors.test.ts",
      "real-requests.test.ts",
      "real-streams.test.ts",
      "real-tools.test.ts",
    ];
    expect(files.filter((file) => !general.includes(file)).toSorted()).toEqual([...named].toSorted());
  });
});
