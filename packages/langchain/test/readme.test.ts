import { readFileSync } from "node:fs";
import { type Surface, surfaces } from "@tollgate/conformance/adapter-driver";
import { describe, expect, it } from "vitest";
import { langchainDriver } from "./surfaces.ts";
import { ways } from "./ways.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, chapter = ""] = readme.split("## What is covered");
const [body = ""] = chapter.split("\n## ");

/** The rows of the chapter's tables, each table without its head. */
const tables = body
  .split(/\n(?!\|)/)
  .filter((part) => /^\|/m.test(part))
  .map((part) =>
    part
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .slice(2)
      .map((line) =>
        line
          .split("|")
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
  );
const [bySurface = [], byWay = []] = tables;

describe("the README's table of surfaces", () => {
  it("has a row for every surface of the conformance suite, in its order, and no other", () => {
    expect(tables).toHaveLength(2);
    expect(bySurface.map(([title]) => title)).toEqual(Object.values(surfaces));
  });

  it.each(Object.entries(surfaces) as [Surface, string][])(
    "says of %s what the suite is told",
    (surface, title) => {
      const [, coverage, how] = bySurface.find(([name]) => name === title) ?? [];
      const covered = langchainDriver.surfaces[surface];
      expect(coverage).toBe(covered.coverage);
      expect(how).not.toBe("");
      if (covered.coverage !== "enforces") expect(how).toBe(`${covered.why}; to close it: ${covered.close}`);
    },
  );
});

describe("the README's table of ways", () => {
  it("says of every way what its tests are told, and of no other", () => {
    expect(byWay).toEqual(ways.map(({ title, callback }) => [title, "enforces", callback]));
  });
});
