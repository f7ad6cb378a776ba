// Kills writers for as many rounds as are asked for: `node soak.process.ts [--rounds 200] [--json]`. Exits with 1
// when the file has broken a promise.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crashRounds } from "./crash-rounds.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "200" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new RangeError("--rounds takes a whole number of 1 or more");

const kinds = [
  { durability: "full", share: 2, options: {} },
  { durability: "normal", share: 2, options: {} },
  // Eight at once start more slowly than two: so many fewer rounds kill as many.
  { durability: "normal", share: 8, options: { writers: 8, slice: "$0.50" } },
] as const;
for (const { durability, share, options } of kinds) {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-soak-"));
  try {
    const outcome = await crashRounds({
      path: join(folder, "tollgate.db"),
      rounds: Math.ceil(rounds / share),
      durability,
      ...options,
      onRound: (round) => {
        if (!values.json && (round + 1) % 10 === 0) console.log(`${durability}: ${round + 1} rounds`);
      },
    });
    console.log(
      values.json
        ? JSON.stringify({ durability, ...options, ...outcome })
        : { durability, ...options, ...outcome },
    );
    if (outcome.problems.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
