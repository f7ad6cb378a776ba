import { createPublicKey, verify } from "node:crypto";
import type { Receipt } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";
import { measuredGate, modelCall, modelUsage, toolCall } from "./measured-gate.ts";
import { type Result, Samples } from "./samples.ts";

const payloadType = "application/vnd.tollgate.receipt.v1+json";
const decisions = 1000;
const rounds = 4;

/** Measures what `verifyChain` takes for each receipt of a log, beside a bare check of the same signature. */
export async function measureVerification(): Promise<readonly Result[]> {
  const { gate, decide } = measuredGate();
  for (let index = 0; index < decisions; index++) {
    const isTool = index % 2 === 0;
    await (await decide(isTool ? toolCall : modelCall)).settle(isTool ? {} : modelUsage);
  }
  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  await gate.close();

  const lines = receipts.map((receipt) => ({ line: JSON.stringify(receipt), signed: signedBytes(receipt) }));
  const key = createPublicKey({ key: { ...gate.publicKey }, format: "jwk" });
  const bare = new Samples("verify", rounds * lines.length);
  const chained = new Samples("verify_receipt", rounds * lines.length);

  // The verifier asks for the next receipt when it is done with one: that is when its time is taken, and
  // when the bare check gets its turn.
  function* timed(counts: boolean): Generator<string> {
    for (const { line, signed } of lines) {
      const start = performance.now();
      const holds = verify(null, signed.message, key, signed.signature);
      const handed = performance.now();
      if (!holds) throw new Error("the bare check refuses a signature");
      yield line;
      if (!counts) continue;
      bare.add(handed - start);
      chained.add(performance.now() - handed);
    }
  }
  for (let round = -1; round < rounds; round++) {
    const report = await verifyChain(timed(round >= 0), { keys: [gate.publicKey] });
    if (report.verdict !== "authentic") throw new Error(`the chain is ${report.verdict}`);
  }
  return [bare.result(), chained.result()];
}

/** What a receipt's signature covers (DSSE's pre-authentication encoding), and the signature. */
function signedBytes({ body, sig }: Receipt): { readonly message: Buffer; readonly signature: Buffer } {
  const json = Buffer.from(JSON.stringify(body));
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${json.length} `;
  return { message: Buffer.concat([Buffer.from(head), json]), signature: Buffer.from(sig, "base64url") };
}
