import { readFileSync } from "node:fs";
import { type Surface, surfaces } from "@tollgate/conformance/adapter-driver";
import { describe, expect, it } from "vitest";
import { langgraphDriver } from "./surfaces.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, chapter = ""] = readme.split("## What is covered");
const rows = chapter
  .split("\n## ")[0]!
  // What a thread can do to a call has a table of its own.
  .split("\nWhat a thread")[0]!
  .split("\n")
  .filter((line) => /^\| (?!surface)/.test(line))
  .map((line) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );

describe("the README's table", () => {
  it("has a row for every surface of the conformance suite, in its order, and no other", () => {
    expect(rows.map(([title]) => title)).toEqual(Object.values(surfaces));
  });

  it.each(Object.entries(surfaces) as [Surface, string][])(
    "says of %s what the suite is told",
    (surface, title) => {
      const [, coverage, how] = rows.find(([name]) => name === title) ?? [];
      const covered = langgraphDriver.surfaces[surface];
      expect(coverage).toBe(covered.coverage);
      expect(how).not.toBe("");
      if (covered.coverage !== "enforces") expect(how).toBe(`${covered.why}; to close it: ${covered.close}`);
    },
  );
});
