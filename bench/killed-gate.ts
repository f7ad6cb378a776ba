// A gate that decides as fast as it can until it is killed, and tells of each receipt once it is durable, by
// sequence number and signature: `node killed-gate.ts <log> <key file> <fsync|buffered>`. With `close` at the
// end it only closes its chain.
import { writeSync } from "node:fs";
import { createGate, type Receipt } from "@tollgate/core";
import { fileLog, readKeyFile } from "@tollgate/core/node";
import { checkpoints } from "@tollgate/core/signing";
import { toolCall } from "./measured-gate.ts";

const [, , log = "", key = "", durability, task] = process.argv;
const gate = createGate({
  log: fileLog(log, {
    durability: durability === "buffered" ? "buffered" : "fsync",
    // Small, so that kills also meet a change of files.
    maxFileBytes: 300_000,
  }),
  chain: "main",
  signer: readKeyFile(key),
  checkpoints: checkpoints({ every: 40, everyMs: 200 }),
  onReceipt: ({ body, sig }: Receipt) => writeSync(1, `${body.seq} ${sig}\n`),
  onFailure: ({ during, cause }) => writeSync(2, `${during}: ${String(cause)}\n`),
});

if (task === "close") {
  await gate.close();
} else {
  const workers = Array.from({ length: 16 }, async () => {
    // Ends by itself if nobody kills it.
    for (let count = 0; count < 20_000; count++) {
      const { permit, reason } = await gate.decide(toolCall);
      if (permit === null) throw new Error(`refused: ${reason}`);
      if (count % 4 !== 0) await permit.settle();
      else await permit.release("not sent");
      await new Promise(setImmediate);
    }
  });
  await Promise.all(workers);
}
