import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { TestFolder } from "./test-folder.ts";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Runs a copy of the command beside which only these packages are installed. */
function runWith(
  packages: readonly string[],
  args: readonly string[],
): { code: number | null; stderr: string } {
  using folder = new TestFolder();
  for (const part of ["src", "package.json"]) {
    cpSync(join(here, part), join(folder.path, part), { recursive: true });
  }
  mkdirSync(join(folder.path, "node_modules/@tollgate"), { recursive: true });
  for (const name of packages) {
    symlinkSync(join(here, "node_modules", name), join(folder.path, "node_modules", name));
  }
  folder.write("some.db", "x");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--conditions=tollgate-source", "src/main.ts", ...args],
    { cwd: folder.path, env: { PATH: process.env.PATH ?? "" }, encoding: "utf8" },
  );
  return { code: status, stderr };
}

const needed = ["@tollgate/core", "commander"];

describe("the packages of the stores", () => {
  it("are not needed for what has nothing to do with a store", () => {
    expect(runWith(needed, ["--help"])).toEqual({ code: 0, stderr: "" });
    expect(runWith(needed, ["keygen", "key.jwk"]).code).toBe(0);
  });

  it.each([
    ["some.db", needed, "a store in SQLite needs a package more: npm install @tollgate/sqlite"],
    [
      "postgres://localhost/db",
      needed,
      "a store in PostgreSQL needs a package more: npm install @tollgate/postgres pg",
    ],
    [
      "postgresql://localhost/db",
      [...needed, "@tollgate/postgres"],
      "a store in PostgreSQL needs a package more: npm install @tollgate/postgres pg",
    ],
  ])("are told of where they are missing: %s with %j", (store, packages, message) => {
    expect(runWith(packages, ["budgets", "--store", store])).toEqual({
      code: 2,
      stderr: `tollgate: ${message}\n`,
    });
  });
});
