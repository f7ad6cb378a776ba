// Runs every example, offline and without keys, and compares what it prints with its output.txt.
//
//   node scripts/run-examples.ts [--write] [name ...]
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./public-packages.ts";

const write = process.argv.includes("--write");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const examples = globSync("examples/*/main.ts", { cwd: root })
  .sort()
  .filter((path) => wanted.length === 0 || wanted.includes(basename(dirname(path))));

// An example that only works with somebody's key or somebody's network is not an example.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_(API_)?KEY$/.test(name)));

let failed = 0;
for (const path of examples) {
  const problem = runExample(path);
  console.log(
    `${problem === null ? "ok  " : "FAIL"} ${dirname(path)}${problem === null ? "" : `: ${problem}`}`,
  );
  if (problem !== null) failed += 1;
}
if (examples.length === 0) console.log("FAIL no example was found");
process.exitCode = failed > 0 || examples.length === 0 ? 1 : 0;

/** Answers what is wrong with an example, or null. */
function runExample(path: string): string | null {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=tollgate-source", path],
    { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 },
  );
  if (status !== 0) return `ended with ${signal ?? status}\n${stdout}${stderr}`;

  const outputFile = join(root, dirname(path), "output.txt");
  if (!existsSync(outputFile)) return null;
  if (write) writeFileSync(outputFile, stdout);
  return readFileSync(outputFile, "utf8") === stdout
    ? null
    : `prints something else than output.txt says (npm run examples -- --write)\n${stdout}`;
}
