import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { receiptLines, verifyChain } from "@tollgate/core/verify";

const [receipts = "receipts.jsonl", key = "gate-key.json"] = process.argv.slice(2);
const keys = [JSON.parse(await readFile(key, "utf8"))];
const report = await verifyChain(receiptLines(createReadStream(receipts)), { keys });

const { verdict, chains } = report;
if (report.break === null) {
  const isClosed = chains.every(({ closed }) => closed);
  console.log(`${verdict}: ${report.receipts} receipts, ${isClosed ? "closed" : "not closed"}`);
} else {
  console.log(`${verdict} at line ${report.break.index + 1}: ${report.break.message}`);
}
process.exitCode = verdict === "authentic" ? 0 : 1;
