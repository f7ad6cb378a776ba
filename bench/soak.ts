// All that takes long: a gate under load, and stores whose writers are killed. `npm run soak`, `-- --only sqlite` for
// one part of it (gate, sqlite, postgres), `-- --decisions 100000 --kills 20` for less (`--kills 0` for none, which
// leaves only the gate), `-- --json` for one JSON object on stdout. Exits with 1 when a promise was broken.
import { parseArgs } from "node:util";
import { runPart, type SoakPart } from "./soak-part.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    decisions: { type: "string", default: "1000000" },
    /** Rounds of kills in each part. */
    kills: { type: "string", default: "200" },
    reserves: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const { decisions, kills, reserves, json, only } = values;
const hasKills = Number(kills) !== 0;

/** Each part, and whether there is anything to do for it. */
const parts: readonly (SoakPart & { readonly isDue: boolean })[] = [
  {
    name: "gate",
    script: "bench/soak-gate.ts",
    args: ["--decisions", decisions, "--kills", kills],
    isDue: true,
  },
  {
    name: "sqlite",
    script: "packages/sqlite/test/soak.process.ts",
    args: ["--rounds", kills],
    isDue: hasKills,
  },
  {
    name: "postgres",
    script: "packages/postgres/test/soak.process.ts",
    args: ["--rounds", kills, "--reserves", reserves],
    isDue: hasKills,
  },
];
const names = parts.map(({ name }) => name);
if (only !== undefined && !names.includes(only))
  throw new RangeError(`--only takes one of ${names.join(", ")}`);

const due = parts.filter(({ name, isDue }) => isDue && (only === undefined || only === name));
// Having tried nothing is not a pass.
if (due.length === 0) throw new RangeError(`--only ${only} has nothing to do with --kills 0`);

let outcome: Readonly<Record<string, unknown>> = {};
const failures: string[] = [];
for (const part of due) {
  if (!json) console.log(`\n${part.name}`);
  const { told, failed } = await runPart(part, json);
  // What the gate tells stands for itself, as it did when there was nothing else.
  outcome = part.name === "gate" ? { ...outcome, ...told[0] } : { ...outcome, [part.name]: told };
  const own: unknown = told[0]?.failures;
  if (Array.isArray(own)) failures.push(...own.map(String));
  if (failed !== null) failures.push(`${part.name}: ${failed}`);
}
if (json) console.log(JSON.stringify({ ...outcome, failures }));
else for (const failure of failures) console.error(`FAILED: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
