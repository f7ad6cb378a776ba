// Measures Tollgate and what it is made of: `npm run bench`, with `-- --json` for one JSON object on stdout,
// with `-- --strict` to fail when a target is missed.
import { parseArgs } from "node:util";
import { measureAppends } from "./append-receipts.ts";
import { coreBundleKb } from "./bundle-size.ts";
import { measureDecisions } from "./decisions.ts";
import { measureFileLogs } from "./file-logs.ts";
import { measureHostilePolicies } from "./hostile-policies.ts";
import { measureImport } from "./import-time.ts";
import { thisMachine } from "./machine.ts";
import { measurePeers } from "./peers.ts";
import { measurePostgres } from "./postgres.ts";
import { type Report, toJson, toText } from "./report.ts";
import { measureSqlite } from "./sqlite.ts";
import { judge } from "./targets.ts";
import { measureVerification } from "./verification.ts";
import { measureVerifyFiles } from "./verify-files.ts";

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, strict: { type: "boolean", default: false } },
});

const machine = thisMachine();
const results = [
  ...(await step("decisions, settlements and the frameworks' calls", measureDecisions)),
  ...(await step("hostile policies", measureHostilePolicies)),
  ...(await step("file logs", measureFileLogs)),
  ...(await step("appending to a file log", measureAppends)),
  ...(await step("SQLite", measureSqlite)),
  ...(await step("PostgreSQL", measurePostgres)),
  ...(await step("verification", measureVerification)),
  ...(await step("tollgate verify", measureVerifyFiles)),
  ...(await step("peers", measurePeers)),
  await step("import", measureImport),
];
const bundleKb = await step("bundle", coreBundleKb);
const report: Report = { machine, results, ratios: judge(results, bundleKb) };
console.log(values.json ? toJson(report) : toText(report));
if (values.strict && report.ratios.some(({ ok }) => !ok)) process.exitCode = 1;

/** Tells on stderr what takes so long. */
async function step<T>(what: string, run: () => Promise<T>): Promise<T> {
  console.error(`measuring ${what} ...`);
  return run();
}
