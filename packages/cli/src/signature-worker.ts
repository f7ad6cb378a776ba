import { parentPort } from "node:worker_threads";
import { checkSignatures, type SignatureBatch } from "@tollgate/core/verify";

// A thread of the signature pool: answers each batch with the index of the first signature that does not hold.
parentPort?.on("message", (batch: SignatureBatch) => parentPort?.postMessage(checkSignatures(batch)));
