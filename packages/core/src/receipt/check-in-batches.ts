import { decodeBase64url } from "../codec/base64url.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";
import { type ReceiptStream, type ReceiptText, readReceiptText } from "./receipt-text.ts";
import { type SignatureBatch, type SignatureChecker, signatureLength } from "./signature-batch.ts";
import type { VerifyRules } from "./verify-options.ts";
import type { Flaw, VerifyReport } from "./verify-report.ts";
import { SignedBytes } from "./verify-signature.ts";
import { StreamVerifier } from "./verify-stream.ts";

/** More would keep more of what was read in memory, and is no faster. */
const batchSize = 128;
/** Few long receipts make a batch, too. */
const batchBytes = 1024 * 1024;

/**
 * Verifies a stream as `verifyChain` does, to the same report, with the signatures checked elsewhere.
 *
 * Whether a signature is that of the key which it names does not depend on the receipts before it, so
 * signatures are sent ahead; all else is checked here, in order, once they are back.
 */
export async function checkInBatches(
  receipts: ReceiptStream,
  rules: VerifyRules,
  checker: SignatureChecker,
): Promise<VerifyReport> {
  const sender = new BatchSender(checker);
  const underWay: Promise<CheckedBatch>[] = [];
  let now: CheckedReceipt | null = null;
  const verifier = new StreamVerifier(rules, () => now?.isSigned === true);
  const take = (batch: CheckedBatch): boolean =>
    batch.every((next) => {
      now = next;
      return verifier.take(next.text);
    });

  for await (const input of receipts) {
    const text = readReceiptText(input);
    sender.add(text);
    // What follows something unreadable will not be looked at.
    if ("reason" in text) break;
    if (!sender.isFull) continue;
    underWay.push(sender.send());
    const oldest = underWay.length >= (checker.concurrency ?? 4) ? underWay.shift() : undefined;
    if (oldest !== undefined && !take(await oldest)) return verifier.report();
  }
  underWay.push(sender.send());
  for (const batch of underWay) if (!take(await batch)) break;
  return verifier.report();
}

interface CheckedReceipt {
  readonly text: ReceiptText | Flaw;
  readonly isSigned: boolean;
}

type CheckedBatch = readonly CheckedReceipt[];

/** Gathers receipts into batches of signatures. */
class BatchSender {
  readonly #checker: SignatureChecker;
  readonly #signed: SignedBytes = new SignedBytes();
  /** Every key that the stream has named so far: only with one of these can a receipt hold. */
  readonly #keys = new Map<string, string>();
  #texts: { readonly text: ReceiptText | Flaw; readonly at: number }[] = [];
  #messages: Uint8Array[] = [];
  #signatures: Uint8Array[] = [];
  #used: string[] = [];
  #bytes = 0;

  constructor(checker: SignatureChecker) {
    this.#checker = checker;
  }

  get isFull(): boolean {
    return this.#texts.length >= batchSize || this.#bytes >= batchBytes;
  }

  add(text: ReceiptText | Flaw): void {
    this.#texts.push({ text, at: "reason" in text ? -1 : this.#addSignature(text) });
  }

  /** Where in the batch the receipt's signature stands; -1 when there is no key for it. */
  #addSignature(text: ReceiptText): number {
    const { body, kid, sig } = text.receipt;
    if (body.type === "key" && jwkThumbprint(body.jwk) === body.kid) this.#keys.set(body.kid, body.jwk.x);
    const key = this.#keys.get(kid);
    if (key === undefined) return -1;
    let signature: Uint8Array;
    try {
      signature = decodeBase64url(sig);
    } catch {
      return -1;
    }
    const message = this.#signed.of(text).slice();
    this.#bytes += message.length;
    this.#signatures.push(signature);
    this.#used.push(key);
    return this.#messages.push(message) - 1;
  }

  /** Sends what was gathered. */
  send(): Promise<CheckedBatch> {
    const texts = this.#texts;
    const batch = this.#batch();
    this.#texts = [];
    this.#messages = [];
    this.#signatures = [];
    this.#used = [];
    this.#bytes = 0;
    const checked = (firstBad: number): CheckedBatch =>
      texts.map(({ text, at }) => ({ text, isSigned: at >= 0 && (firstBad < 0 || at < firstBad) }));
    if (batch.sizes.length === 0) return Promise.resolve(checked(-1));
    const sent = Promise.resolve(this.#checker.check(batch)).then(checked);
    // Whoever waits for it hears of its failure; with a break before it nobody does.
    sent.catch(() => undefined);
    return sent;
  }

  #batch(): SignatureBatch {
    const keys = [...new Set(this.#used)];
    const indexes = new Map(keys.map((key, index) => [key, index]));
    return {
      keys,
      key: Uint32Array.from(this.#used, (key) => indexes.get(key) ?? 0),
      sizes: Uint32Array.from(this.#messages, ({ length }) => length),
      messages: joined(this.#messages, this.#bytes),
      signatures: joined(this.#signatures, this.#signatures.length * signatureLength),
    };
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
