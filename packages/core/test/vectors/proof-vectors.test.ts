import { expect, it } from "vitest";
import { VerificationError } from "../../src/errors.ts";
import { MerkleFrontier } from "../../src/receipt/merkle.ts";
import { verifyConsistency, verifyInclusion } from "../../src/receipt/merkle-proof.ts";
import { verifyProof } from "../../src/receipt/receipt-proof.ts";
import { isNoteSigned, parseNote, parseNoteKey } from "../../src/receipt/signed-note.ts";
import type { VerifyOptions } from "../../src/receipt/verify-options.ts";
import { type Check, runVectors } from "./read-vectors.ts";

const bytes = (hex: unknown): Uint8Array => new Uint8Array(Buffer.from(hex as string, "hex"));
const list = (hashes: unknown): readonly Uint8Array[] => (hashes as readonly string[]).map(bytes);

const checks: Readonly<Record<string, Check>> = {
  MerkleRoot: ({ leaves, root }) => {
    const tree = new MerkleFrontier();
    for (const leaf of list(leaves)) tree.append(leaf);
    return tree.root() === root ? "valid" : "bad_root";
  },
  Inclusion: ({ leaf, index, size, root, proof }) => {
    const inclusion = { leaf: bytes(leaf), proof: list(proof), index, size, root };
    return verifyInclusion(inclusion as Parameters<typeof verifyInclusion>[0]) ? "valid" : "bad_proof";
  },
  Consistency: ({ oldSize, oldRoot, newSize, newRoot, proof }) => {
    const consistency = { oldSize, oldRoot, newSize, newRoot, proof: list(proof) };
    return verifyConsistency(consistency as Parameters<typeof verifyConsistency>[0]) ? "valid" : "bad_proof";
  },
  SignedNote: ({ note }, { key }) => {
    try {
      return isNoteSigned(parseNote(note as string), [parseNoteKey(key as string)])
        ? "valid"
        : "bad_signature";
    } catch (error) {
      expect(error).toBeInstanceOf(VerificationError);
      return "malformed";
    }
  },
  ReceiptProof: ({ proof, options, receipt, verdict }) => {
    const report = verifyProof(proof as string, options as VerifyOptions);
    if (report.break !== null) return report.break.reason;
    expect(JSON.stringify(report.receipt)).toBe(receipt);
    return report.verdict === verdict ? "valid" : report.verdict;
  },
};

it("the published vectors of proofs hold", async () => {
  await runVectors("proofs", checks);
});
