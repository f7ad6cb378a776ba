import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Every module outside of this package that an entry's sources import as a value, at any depth. */
function valuesBehind(entry: string, seen = new Map<string, readonly string[]>()): ReadonlySet<string> {
  const url = new URL(`../src/${entry}`, import.meta.url);
  const source = readFileSync(url, "utf8");
  const imports = [...source.matchAll(/^(?:import|export) (?!type )[^;]*? from "([^"]+)";/gms)];
  const names = imports.map(([, name = ""]) => name);
  seen.set(entry, names);
  for (const name of names) {
    if (name.startsWith("./") && !seen.has(name.slice(2))) valuesBehind(name.slice(2), seen);
  }
  return new Set([...seen.values()].flat().filter((name) => !name.startsWith("./")));
}

describe("the entries", () => {
  it("need the package langchain for middleware alone", () => {
    expect([...valuesBehind("middleware.ts")]).toContain("langchain");
    const behind = [...valuesBehind("index.ts")];
    expect(behind.length).toBeGreaterThan(3);
    expect(behind.filter((name) => !/^@(langchain|tollgate)\/core(\/|$)/.test(name))).toEqual([]);
  });
});
