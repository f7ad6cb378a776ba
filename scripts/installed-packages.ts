import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { PublicPackage } from "./public-packages.ts";
import { publicPackages, root } from "./public-packages.ts";
import { repeatedInstall } from "./repeated-install.ts";
import { workspaceOverrides } from "./workspace-overrides.ts";

const consumer = "consumer.mjs";

/**
 * Installs the tarballs with npm into an empty folder outside of the workspace, as a user would, then
 * imports every entry, type-checks that and makes a decision: under the machine's own Node and under the
 * workspace's.
 */
export function tryInstalled(tarballs: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-install-"));
  try {
    const packages = publicPackages();
    const dependencies = {
      ...frameworks(packages),
      ...Object.fromEntries(
        packages.map(({ manifest }) => [manifest.name, tarballOf(manifest.name, tarballs)]),
      ),
    };
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    const overrides = workspaceOverrides();
    write("package.json", JSON.stringify({ private: true, type: "module", dependencies, overrides }));
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["imports.ts", consumer] }));
    write("imports.ts", importsOf(packages));
    copyFileSync(join(root, "scripts/consumer/decide.mjs"), join(folder, consumer));

    const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
    const inFolder = { cwd: folder, env: outside(), timeout: 120_000 };
    if (!isShown("npm install", repeatedInstall("npm", install, inFolder))) return false;
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const results = [show("types", process.execPath, [tsc, "-p", "."], folder)];
    for (const node of ["node", process.execPath]) {
      const version = spawnSync(node, ["--version"], { encoding: "utf8", env: outside() }).stdout?.trim();
      const [major = "0"] = (version ?? "").slice(1).split(".");
      write(`imports-${major}.mjs`, importsOf(packages.filter((one) => runsOn(one, Number(major)))));
      results.push(show(`Node ${version} imports`, node, [`imports-${major}.mjs`], folder));
      results.push(show(`Node ${version} decides`, node, [consumer], folder));
      for (const { manifest } of packages.filter((one) => runsOn(one, Number(major)))) {
        for (const [name, path] of Object.entries(manifest.bin ?? {})) {
          const command = [join("node_modules", manifest.name, path), "--version"];
          results.push(show(`Node ${version} runs ${name}`, node, command, folder));
        }
      }
    }
    return results.every(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const compilerOptions = {
  strict: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  target: "ES2023",
  lib: ["ES2024", "DOM", "ESNext.Disposable"],
  module: "NodeNext",
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  // The packages' own declarations are the point; a framework's are not ours to judge.
  skipLibCheck: true,
};

/** The frameworks that the packages are peers of, at the versions that the workspace tests with. */
function frameworks(packages: readonly PublicPackage[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const { manifest } of packages) {
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
      const tested = manifest.devDependencies?.[peer];
      if (tested !== undefined && !tested.startsWith("workspace:")) versions[peer] = tested;
    }
  }
  return versions;
}

/** A module that imports every entry and fails when one of them exports nothing. */
function importsOf(packages: readonly PublicPackage[]): string {
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((path) => path !== "./package.json")
      .map((path) => manifest.name + path.slice(1)),
  );
  const imports = entries.map((entry, index) => `import * as entry${index} from "${entry}";`);
  const counts = entries.map(
    (entry, index) =>
      `if (Object.keys(entry${index}).length === 0) throw new Error("${entry} exports nothing");`,
  );
  return [...imports, ...counts, ""].join("\n");
}

/** Whether a package says that it runs on this major version of Node. */
function runsOn({ manifest }: PublicPackage, major: number): boolean {
  const [least = "0"] = /\d+/.exec(manifest.engines?.node ?? "") ?? [];
  return Number(least) <= major;
}

function tarballOf(name: string, tarballs: readonly string[]): string {
  const start = `${name.replace("@", "").replace("/", "-")}-`;
  const found = tarballs.find((path) => (path.split(/[\\/]/).at(-1) ?? "").startsWith(start));
  if (found === undefined) throw new Error(`${name} was not packed`);
  return `file:${found}`;
}

function show(what: string, command: string, args: readonly string[], cwd: string): boolean {
  return isShown(what, spawnSync(command, args, { cwd, encoding: "utf8", env: outside(), timeout: 300_000 }));
}

function isShown(what: string, { status, signal, stdout, stderr }: SpawnSyncReturns<string>): boolean {
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${what}`);
  if (status !== 0) console.log(`${stdout}${stderr}ended with ${signal ?? status}`);
  return status === 0;
}

/** The environment without the workspace's own tools, so that `node` and `npm` are the machine's. */
function outside(): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  return { ...process.env, PATH: path.join(delimiter) };
}
