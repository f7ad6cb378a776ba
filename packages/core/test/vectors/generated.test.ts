import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readVectors, vectorFolder } from "./read-vectors.ts";
import { makeVectorFiles } from "./vector-files.ts";

const committed = globSync(["*.json", "schemas/**/*.json"], { cwd: vectorFolder }).sort();
const names = globSync("*.json", { cwd: vectorFolder })
  .map((path) => path.replace(/\.json$/, ""))
  .sort();

describe("the published files", () => {
  it("are what the generator makes, byte for byte", async () => {
    const made = await makeVectorFiles();
    // Not equal as maps: a difference would print the files as a whole.
    expect([...made.keys()].sort()).toEqual(committed);
    const stale = [...made].filter(
      ([path, text]) => readFileSync(new URL(path, vectorFolder), "utf8") !== text,
    );
    expect(
      stale.map(([path]) => path),
      "run: npm run vectors",
    ).toEqual([]);
  });

  it.each(names)("%s numbers its cases, gives reasons, and has as many invalid as valid ones", (name) => {
    const { numberOfTests, notes, testGroups } = readVectors(name);
    const tests = testGroups.flatMap((group) => group.tests);
    expect(tests.map(({ tcId }) => tcId)).toEqual(tests.map((_, index) => index + 1));
    expect(tests).toHaveLength(numberOfTests);
    const [good, bad] = ["valid", "invalid"].map((result) => tests.filter((test) => test.result === result));
    expect(good?.length).toBeGreaterThan(0);
    expect(bad?.length).toBeGreaterThanOrEqual(good?.length ?? 0);
    expect(good?.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(bad?.filter(({ reason }) => !/^[a-z_0-9]+$/.test(reason ?? ""))).toEqual([]);
    expect(tests.flatMap(({ flags }) => flags).filter((flag) => notes[flag] === undefined)).toEqual([]);
  });

  it("are all explained to implementers", () => {
    const page = readFileSync(new URL("README.md", vectorFolder), "utf8");
    const types = names.flatMap((name) => readVectors(name).testGroups.map(({ type }) => type));
    const words = [...names.map((name) => `${name}.json`), ...types, ...valuePlans()];
    expect(words.filter((word) => !page.includes(`\`${word}\``) && !page.includes(`"${word}"`))).toEqual([]);
  });
});

/** The kinds of values in memory that occur. */
function valuePlans(): readonly string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name === "value" && typeof member === "object" && member !== null) {
        for (const kind of Object.keys(member)) found.add(kind);
      }
      look(member);
    }
  };
  for (const name of ["canonical_json", "action_digest"]) look(readVectors(name).testGroups);
  return [...found];
}
