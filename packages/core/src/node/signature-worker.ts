import { parentPort } from "node:worker_threads";
import { checkSignatures, type SignatureBatch } from "../receipt/signature-batch.ts";

// A thread of the signature pool: answers each batch with the index of the first signature that does not hold.
parentPort?.on("message", (batch: SignatureBatch) => {
  parentPort?.postMessage(checkSignatures(batch));
  for (const { buffer } of [batch.messages, batch.signatures]) giveBack(buffer);
});

/**
 * Frees memory at once: this thread makes so little garbage that it would be collected late.
 *
 * Node 20 cannot, and frees it late.
 */
function giveBack(buffer: ArrayBufferLike): void {
  if ("transfer" in buffer) buffer.transfer(0);
}
