// Runs the tests of every adapter against the lowest versions that its peer ranges allow, in a copy of the
// workspace outside of it.
//
//   node scripts/check-lowest.ts [package ...]
//
// What those versions are stands in each manifest as `tollgate.lowest`: the peers at the bottom of their ranges,
// and whatever else has to be older to go with them.
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Manifest, type PublicPackage, publicPackages, root } from "./public-packages.ts";
import { repeatedInstall } from "./repeated-install.ts";

/** Peers of the workspace itself; they have one version. */
const ownPeer = /^@tollgate\//;

const wanted = process.argv.slice(2);
const adapters = publicPackages().filter(
  ({ manifest }) =>
    foreignPeers(manifest).length > 0 && (wanted.length === 0 || wanted.includes(manifest.name)),
);
if (adapters.length === 0) {
  console.error("check-lowest: no package with peers of that name");
  process.exitCode = 1;
}
for (const adapter of adapters) {
  if (!(isComplete(adapter) && passes(adapter))) process.exitCode = 1;
}

function foreignPeers({ peerDependencies = {} }: Manifest): readonly [string, string][] {
  return Object.entries(peerDependencies).filter(([name]) => !ownPeer.test(name));
}

/** Every peer's lowest version is named, and is the bottom of its range. */
function isComplete({ manifest }: PublicPackage): boolean {
  const lowest = manifest.tollgate?.lowest ?? {};
  const wrong = foreignPeers(manifest).filter(([name, range]) => range !== `^${lowest[name]}`);
  for (const [name, range] of wrong) {
    console.error(
      `${manifest.name}: peer ${name} ${range}, but tollgate.lowest says ${lowest[name] ?? "nothing"}`,
    );
  }
  return wrong.length === 0;
}

function passes({ folder, manifest }: PublicPackage): boolean {
  const copy = mkdtempSync(join(tmpdir(), "tollgate-lowest-"));
  try {
    // PostgreSQL, which some tests start, runs as a user of its own and has to come through.
    chmodSync(copy, 0o755);
    copyWorkspace(copy, folder);
    pin(join(copy, folder, "package.json"), manifest.tollgate?.lowest ?? {});
    pinOverrides(join(copy, "pnpm-workspace.yaml"), manifest.tollgate?.lowest ?? {});
    const pnpm = join(root, "node_modules/.bin/pnpm");
    const install = ["install", "--no-frozen-lockfile", "--prefer-offline"];
    const project = folder.replace("packages/", "");
    const test = ["node_modules/vitest/vitest.mjs", "run", "--project", project];
    const tested =
      isPassed(repeatedInstall(pnpm, install, { ...inCopy(copy), timeout: 180_000 })) &&
      isPassed(spawnSync(process.execPath, test, { ...inCopy(copy), encoding: "utf8", timeout: 600_000 }));
    console.log(`${tested ? "ok    " : "FAILED"} ${manifest.name} at ${versions(manifest)}`);
    return tested;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The package with what its tests need: other packages of the workspace and the workspace's own manifests. */
function copyWorkspace(to: string, folder: string): void {
  const tracked = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).stdout.split("\0");
  const folders = ["docs", ...withNeeded(folder)].map((name) => `${name}/`);
  const kept = tracked.filter(
    (path) =>
      path !== "" &&
      // The commands of the documentation are run on the policies of an example.
      (!path.includes("/") ||
        /^examples\/.*\.yaml$/.test(path) ||
        folders.some((name) => path.startsWith(name))),
  );
  for (const path of kept) cpSync(join(root, path), join(to, path), { recursive: true });
  // The lockfile says what the workspace has, which is what this must not be.
  rmSync(join(to, "pnpm-lock.yaml"), { force: true });
}

/** A package's folder and those of all of the workspace that it cannot be installed without, however far away. */
function withNeeded(folder: string): ReadonlySet<string> {
  const folders = new Set([folder]);
  for (const one of folders) {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, one, "package.json"), "utf8"));
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (ownPeer.test(name)) folders.add(name.replace(ownPeer, "packages/"));
    }
  }
  return folders;
}

function pin(path: string, lowest: Readonly<Record<string, string>>): void {
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  for (const [name, version] of Object.entries(lowest)) manifest.devDependencies[name] = version;
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

/** The workspace's overrides hold for its own versions; the lowest ones go before them. */
function pinOverrides(path: string, lowest: Readonly<Record<string, string>>): void {
  const lines = readFileSync(path, "utf8").split("\n");
  const start = lines.indexOf("overrides:") + 1;
  const nameOf = (line: string): string => (line.trim().split(": ")[0] ?? "").replaceAll(/["']/g, "");
  const rest = lines.slice(start).filter((line) => !Object.hasOwn(lowest, nameOf(line)));
  const pins = Object.entries(lowest).map(([name, version]) => `  "${name}": ${version}`);
  writeFileSync(path, [...lines.slice(0, start), ...pins, ...rest].join("\n"));
}

function versions(manifest: Manifest): string {
  return Object.entries(manifest.tollgate?.lowest ?? {})
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

function inCopy(cwd: string): { cwd: string; env: NodeJS.ProcessEnv; maxBuffer: number } {
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? ""}`;
  return { cwd, env: { ...process.env, PATH: path, CI: "true" }, maxBuffer: 2 ** 26 };
}

/** Whether a command ended with 0; shows the end of what it wrote, and why it ended, where it did not. */
function isPassed({ status, signal, error, stdout, stderr }: SpawnSyncReturns<string>): boolean {
  if (status === 0) return true;
  console.error(`${stdout}${stderr}`.trimEnd().split("\n").slice(-40).join("\n"));
  console.error(`ended with ${error?.message ?? signal ?? status}`);
  return false;
}
