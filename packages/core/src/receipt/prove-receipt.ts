import { decodeBase64url } from "../codec/base64url.ts";
import { VerificationError } from "../errors.ts";
import { chainOrigin, formatCheckpoint } from "./checkpoint-text.ts";
import { publicKeyBytes } from "./jwk-thumbprint.ts";
import { MerklePath } from "./merkle-path.ts";
import type { CheckpointBody, PublicJwk } from "./receipt.ts";
import { verifyProof } from "./receipt-proof.ts";
import { type ReceiptStream, type ReceiptText, readReceiptText } from "./receipt-text.ts";
import { formatNote, noteKeyId } from "./signed-note.ts";
import { formatTlogProof } from "./tlog-proof.ts";

/** Which receipt: by its id, or by its place. */
export type ReceiptRef = { readonly id: string } | { readonly chain: string; readonly seq: number };

/**
 * Makes the proof that one receipt is in its chain, for somebody who has not got the chain: the text of a C2SP
 * tlog-proof, against the first checkpoint after the receipt. See `verifyProof`.
 *
 * The stream may hold other chains; it is read as far as that checkpoint. Verify it before.
 *
 * @throws VerificationError when the receipt is not there, no checkpoint with a note follows it, the beginning of
 * its chain was dropped, or the chain does not hold.
 */
export async function proveReceipt(receipts: ReceiptStream, which: ReceiptRef): Promise<string> {
  const chains = new Map<string, ProvedChain>();
  let index = 0;
  let found: ProvedChain | null = null;
  for await (const input of receipts) {
    const text = readReceiptText(input);
    if ("reason" in text) throw new VerificationError(`receipt at ${index}: ${text.message}`);
    index += 1;
    const { body } = text.receipt;
    if (found !== null && found !== chains.get(body.chain)) continue;
    const chain = chains.get(body.chain) ?? new ProvedChain();
    chains.set(body.chain, chain);
    if (found !== null && body.type === "checkpoint") {
      const proof = chain.prove(text, body);
      if (proof !== null) return proof;
    }
    const isIt = "id" in which ? body.id === which.id : body.chain === which.chain && body.seq === which.seq;
    chain.add(text, found === null && isIt);
    if (isIt) found ??= chain;
  }
  const name = "id" in which ? which.id : `${which.seq} of chain "${which.chain}"`;
  throw new VerificationError(
    found === null
      ? `there is no receipt ${name}`
      : `no checkpoint with a note comes after receipt ${name}, so that nothing can prove it`,
  );
}

/** What a proof needs of one chain. */
class ProvedChain {
  readonly #tree = new MerklePath();
  /** The lines that go with the proof. */
  readonly #lines: string[] = [];
  #index = -1;
  /** True once a receipt came before its turn. */
  #isTrimmed = false;
  #key: PublicJwk | null = null;

  add({ receipt: { body }, json }: ReceiptText, isProven: boolean): void {
    if (body.seq > this.#tree.size) this.#isTrimmed = true;
    if (isProven) {
      this.#tree.followNext();
      this.#index = body.seq;
    }
    if (body.type === "key") this.#key = body.jwk;
    if (isProven || body.type === "key") this.#lines.push(json);
    this.#tree.append(json);
  }

  /** The proof against a checkpoint; null when it has no note. */
  prove({ json }: ReceiptText, { chain, size, root, note }: CheckpointBody): string | null {
    const origin = chainOrigin(chain);
    if (this.#isTrimmed) {
      throw new VerificationError(
        `receipts of chain "${chain}" are missing before this one: proofs of it can be made of the whole chain alone`,
      );
    }
    if (note === undefined || origin === null || this.#key === null) return null;
    const key = { name: origin, publicKey: publicKeyBytes(this.#key) };
    const signature = { name: origin, keyId: noteKeyId(key), signature: decodeBase64url(note) };
    const text = formatTlogProof({
      index: this.#index,
      hashes: this.#tree.path(),
      checkpoint: formatNote({ text: formatCheckpoint({ origin, size, root }), signatures: [signature] }),
      extra: new TextEncoder().encode([...this.#lines, json].map((line) => `${line}\n`).join("")),
    });
    const flaw = verifyProof(text).break;
    if (flaw !== null) throw new VerificationError(`chain "${chain}" does not hold: ${flaw.message}`);
    return text;
  }
}
