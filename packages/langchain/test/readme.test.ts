import { readmeTables, surfaceTable } from "@tollgate/conformance/surface-table";
import { describe, expect, it } from "vitest";
import { langchainDriver } from "./surfaces.ts";
import { ways } from "./ways.ts";

const readme = new URL("../README.md", import.meta.url);

surfaceTable(readme, langchainDriver);

describe("the README's table of ways", () => {
  it("says of every way what its tests are told, and of no other", () => {
    const [, byWay, ...others] = readmeTables(readme, "What is covered");
    expect(byWay).toEqual(ways.map(({ title, callback }) => [title, "enforces", callback]));
    expect(others).toEqual([]);
  });
});
