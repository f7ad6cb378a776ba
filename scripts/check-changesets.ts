// Checks that a release could be made: every changeset is well formed, and every public package that was
// never released is named in one. Where a `main` branch is at hand, `changeset status` also asks for a
// changeset for each package that differs from it.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { publicPackages, root } from "./public-packages.ts";

const packages = publicPackages();
const names = new Set(packages.map(({ manifest }) => manifest.name));
const announced = new Set<string>();
const problems: string[] = [];

for (const path of globSync(".changeset/*.md", { cwd: root, exclude: ["**/README.md"] })) {
  const [, head = "", body = ""] =
    /^---\n(.*?)---\n(.*)$/s.exec(readFileSync(`${root}/${path}`, "utf8")) ?? [];
  if (body.trim() === "") problems.push(`${path}: says nothing for the changelog`);
  for (const line of head.split("\n").filter(Boolean)) {
    const [, name = ""] = /^"(.+)": (?:major|minor|patch)$/.exec(line) ?? [];
    if (names.has(name)) announced.add(name);
    else problems.push(`${path}: cannot read ${JSON.stringify(line)}, or no public package is called so`);
  }
}
for (const { manifest } of packages) {
  if (manifest.version === "0.0.0" && !announced.has(manifest.name)) {
    problems.push(`${manifest.name} was never released and no changeset names it (npm run changeset)`);
  }
}

if (spawnSync("git", ["rev-parse", "--verify", "--quiet", "main"], { cwd: root }).status === 0) {
  const changeset = `${root}/node_modules/@changesets/cli/bin.js`;
  const status = spawnSync(process.execPath, [changeset, "status"], { cwd: root, encoding: "utf8" });
  if (status.status !== 0) problems.push(`changeset status:\n${status.stdout}${status.stderr}`);
}

for (const problem of problems) console.log(problem);
console.log(`${announced.size} of ${packages.length} public packages have a changeset`);
process.exitCode = problems.length > 0 ? 1 : 0;
