import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type AdapterDriver, type Surface, surfaces } from "./adapter-driver.ts";

/** The tables of a README's chapter, as rows of cells without their heads. */
export function readmeTables(readme: URL, heading: string): readonly (readonly (readonly string[])[])[] {
  const [, chapter = ""] = readFileSync(readme, "utf8").split(`\n## ${heading}\n`);
  const [body = ""] = chapter.split("\n## ");
  return body
    .split(/\n(?!\|)/)
    .filter((part) => /^\|/m.test(part))
    .map((part) => {
      const lines = part.split("\n").filter((line) => line.startsWith("|"));
      return lines.slice(2).map((line) =>
        line
          .split("|")
          .map((cell) => cell.trim())
          .slice(1, -1),
      );
    });
}

/** Tests that the first table of a README's "What is covered" says of every surface what its driver says. */
export function surfaceTable(readme: URL, driver: AdapterDriver): void {
  const [rows = []] = readmeTables(readme, "What is covered");
  describe("the README's table of surfaces", () => {
    it("has a row for every surface of the conformance suite, in its order, and no other", () => {
      expect(rows.map(([title]) => title)).toEqual(Object.values(surfaces));
    });

    it.each(Object.entries(surfaces) as [Surface, string][])(
      "says of %s what the suite is told",
      (surface, title) => {
        const [, coverage, how] = rows.find(([name]) => name === title) ?? [];
        const covered = driver.surfaces[surface];
        expect(coverage).toBe(covered.coverage);
        expect(how).not.toBe("");
        if (covered.coverage !== "enforces") {
          expect(how).toBe(`${covered.why}; to close it: ${covered.close}`);
        }
      },
    );
  });
}
