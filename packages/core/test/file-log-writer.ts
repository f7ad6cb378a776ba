// A process that appends receipts as fast as it can until it is killed, and tells of each that was
// acknowledged: `node file-log-writer.ts <path> <fsync|buffered> <first id>`.
import { writeSync } from "node:fs";
import { fileLog } from "../src/node/file-log.ts";
import type { ReceiptContent } from "../src/receipt/chain.ts";
import { chainFrom, decisionContent, keyContent, noon, testSigner } from "./sample-receipts.ts";

const [, , path = "", durability, firstId] = process.argv;
const log = fileLog(path, { durability: durability === "buffered" ? "buffered" : "fsync" });
const head = await log.head("main");
const chain = chainFrom(head, testSigner(), Number(firstId));

async function append(content: ReceiptContent): Promise<void> {
  const entry = chain.seal(content, noon);
  await log.append(entry);
  writeSync(1, `${entry.receipt.body.seq} ${entry.digest}\n`);
}

if (head === null) await append(keyContent(testSigner()));
const workers = Array.from({ length: 8 }, async () => {
  // Ends by itself if nobody kills it.
  for (let count = 0; count < 10_000; count++) {
    await append(decisionContent({ outcome: "deny" }));
    await new Promise(setImmediate);
  }
});
await Promise.all(workers);
