import { decodeUtf8 } from "../codec/utf8.ts";
import { messageOf } from "../errors.ts";
import { chainOrigin, parseCheckpoint } from "./checkpoint-text.ts";
import { publicKeyBytes } from "./jwk-thumbprint.ts";
import { leafHash } from "./merkle.ts";
import { verifyInclusion } from "./merkle-proof.ts";
import type { CheckpointBody, Receipt } from "./receipt.ts";
import { type ReceiptText, readReceiptText } from "./receipt-text.ts";
import { isNoteSigned, parseNote } from "./signed-note.ts";
import { parseTlogProof, type TlogProof } from "./tlog-proof.ts";
import { type ChainKey, ChainKeys } from "./verify-keys.ts";
import { readVerifyOptions, type VerifyOptions } from "./verify-options.ts";
import type { BreakReason, Verdict } from "./verify-report.ts";
import { isSignedBy, SignedBytes } from "./verify-signature.ts";
import { KeyTrust } from "./verify-trust.ts";

/** Why a proof does not hold: a receipt's reasons, `malformed` for what is no proof, or `bad_proof`. */
export type ProofReason = BreakReason | "bad_proof";

/** What `verifyProof` answers. */
export interface ProofReport {
  readonly verdict: Verdict;
  /** The receipt that is proven; null when the proof is broken. */
  readonly receipt: Receipt | null;
  /** The checkpoint of its chain that covers it; null when the proof is broken. */
  readonly checkpoint: CheckpointBody | null;
  /** Null unless the verdict is `broken`. */
  readonly break: { readonly reason: ProofReason; readonly message: string } | null;
}

type ProofFlaw = { readonly reason: ProofReason; readonly message: string };

/**
 * Verifies the proof of one receipt without its log: a C2SP tlog-proof, whose extra data are the receipt, the
 * `key` receipts of its chain up to a checkpoint, and that checkpoint.
 *
 * `authentic` says that a trusted key signed the receipt, and that it is in the chain as the checkpoint has it;
 * nothing of what stands around it.
 *
 * @throws InvalidConfig or VerificationError for options that make no sense; nothing for any text.
 */
export function verifyProof(
  text: string,
  options: Pick<VerifyOptions, "keys" | "revoked"> = {},
): ProofReport {
  const rules = readVerifyOptions(options);
  const found = check(text, new KeyTrust(rules));
  if ("reason" in found) return { verdict: "broken", receipt: null, checkpoint: null, break: found };
  return { verdict: rules.keys === null ? "bound" : "authentic", ...found, break: null };
}

type Proven = Pick<ProofReport, "receipt" | "checkpoint">;

function check(text: string, trust: KeyTrust): Proven | ProofFlaw {
  let proof: TlogProof;
  let lines: readonly string[];
  try {
    proof = parseTlogProof(text);
    lines = decodeUtf8(proof.extra ?? new Uint8Array(0)).split("\n");
  } catch (error) {
    return { reason: "malformed", message: messageOf(error) };
  }
  const texts: ReceiptText[] = [];
  // As in a file each line ends in a line feed, so that the last one is empty.
  for (const line of lines.slice(0, -1)) {
    const read = readReceiptText(line);
    if ("reason" in read) return read;
    texts.push(read);
  }
  const receipt = texts.find(({ receipt: { body } }) => body.seq === proof.index);
  const last = texts.at(-1)?.receipt;
  if (lines.at(-1) !== "" || receipt === undefined || last?.body.type !== "checkpoint") {
    return { reason: "malformed", message: "its extra data are not the receipt and what vouches for it" };
  }
  const checkpoint = last.body;
  const signer = signerOf(texts, proof.index, trust);
  if ("reason" in signer) return signer;
  const problem = whyNotNoted(checkpoint, proof.checkpoint, signer);
  if (problem !== null) return { reason: "bad_checkpoint", message: problem };
  const { size, root } = checkpoint;
  const leaf = leafHash(receipt.json);
  return verifyInclusion({ leaf, index: proof.index, size, root, proof: proof.hashes })
    ? { receipt: receipt.receipt, checkpoint }
    : { reason: "bad_proof", message: "the receipt is not in the tree that the checkpoint is of" };
}

/** Follows the chain's keys up to the one that signed the last of `texts`, which it answers. */
function signerOf(texts: readonly ReceiptText[], index: number, trust: KeyTrust): ChainKey | ProofFlaw {
  const signed = new SignedBytes();
  const keys = new ChainKeys(trust, (text, { verify }) =>
    isSignedBy(verify, text.receipt.sig, signed.of(text)),
  );
  const chain = texts[0]?.receipt.body.chain;
  let signer: ChainKey | null = null;
  let before = -1;
  for (const text of texts) {
    const { body } = text.receipt;
    const isNeeded = body.type === "key" || body.seq === index || text === texts.at(-1);
    if (body.chain !== chain || body.seq <= before || !isNeeded) {
      return { reason: "malformed", message: "its extra data are not of one chain, in order, or too many" };
    }
    before = body.seq;
    const checked = keys.check(text);
    if ("reason" in checked) return checked;
    keys.accept(checked);
    signer = checked.signer;
  }
  return signer ?? { reason: "malformed", message: "it has no receipts" };
}

/** Why a note is not that of a checkpoint whose key is `signer`; null when it is. */
function whyNotNoted(checkpoint: CheckpointBody, text: string, signer: ChainKey): string | null {
  const note = parseNote(text);
  const origin = chainOrigin(checkpoint.chain);
  let head: ReturnType<typeof parseCheckpoint>;
  try {
    head = parseCheckpoint(note.text);
  } catch (error) {
    return messageOf(error);
  }
  const { size, root } = checkpoint;
  if (origin === null || head.origin !== origin)
    return `it is of ${head.origin}, not of chain "${checkpoint.chain}"`;
  if (head.size !== size || head.root !== root || size !== checkpoint.seq) {
    return "the note and the checkpoint's receipt do not say the same";
  }
  const publicKey = publicKeyBytes({ kty: "OKP", crv: "Ed25519", x: signer.x });
  return isNoteSigned(note, [{ name: origin, publicKey }])
    ? null
    : "the note is not signed by the chain's key";
}
