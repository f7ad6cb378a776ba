import { describe, expect, it } from "vitest";
import { publicPackages } from "../scripts/public-packages.ts";

const packages = publicPackages().map(({ folder, manifest }) => ({ folder, manifest }));

/** A manifest's field as published: without the condition that leads to the sources. */
function published(field: unknown): unknown {
  if (typeof field !== "object" || field === null) return field;
  return Object.fromEntries(
    Object.entries(field)
      .filter(([key]) => key !== "tollgate-source")
      .map(([key, value]) => [key, published(value)]),
  );
}

describe("public packages", () => {
  it("exist", () => {
    expect(packages.length).toBeGreaterThanOrEqual(2);
  });

  describe.each(packages)("$manifest.name", ({ folder, manifest }) => {
    it("is published without the sources' condition, and otherwise as it is in the workspace", () => {
      expect(manifest.publishConfig?.access).toBe("public");
      expect(manifest.publishConfig?.exports).toEqual(published(manifest.exports));
      expect(manifest.publishConfig?.imports).toEqual(published(manifest.imports));
    });

    it("has a source, types and code behind every entry", () => {
      for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
        if (entry === "./package.json") continue;
        const path = /^\.\/src\/(.+)\.ts$/.exec(
          String((target as Record<string, unknown>)["tollgate-source"]),
        )?.[1];
        // The order matters: a resolver takes the first condition that it knows.
        expect(Object.entries(target as object)).toEqual([
          ["tollgate-source", `./src/${path}.ts`],
          ["types", `./dist/${path}.d.ts`],
          ["default", `./dist/${path}.js`],
        ]);
      }
    });

    it("says what it is", () => {
      expect(manifest).toMatchObject({
        name: `@tollgate/${folder.split("/")[1]}`,
        description: expect.stringMatching(/\.$/),
        type: "module",
        license: "Apache-2.0",
        engines: { node: expect.stringMatching(/^>=\d+/) },
        sideEffects: false,
        files: ["dist"],
      });
    });

    it("leaves core to its user, so that there is one copy of it", () => {
      const dependencies = Object.keys(manifest.dependencies ?? {});
      expect(dependencies.filter((name) => name.startsWith("@tollgate/"))).toEqual([]);
      if (folder !== "packages/core")
        expect(manifest.peerDependencies?.["@tollgate/core"]).toBe("workspace:^");
    });
  });
});
