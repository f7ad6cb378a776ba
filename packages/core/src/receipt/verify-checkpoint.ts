import type { VerifySignature } from "../codec/ed25519.ts";
import { chainOrigin, formatCheckpoint } from "./checkpoint-text.ts";
import type { MerkleFrontier } from "./merkle.ts";
import type { CheckpointBody } from "./receipt.ts";
import { isSignedBy } from "./verify-signature.ts";

/**
 * Why a checkpoint is not one of the receipts before it, in words for a person; null when it is.
 *
 * `tree` is over all receipts of the chain before it, null where some were dropped: then nobody can tell whether the
 * root is theirs. `verify` is of the key that signed it.
 */
export function whyNoCheckpoint(
  body: CheckpointBody,
  tree: MerkleFrontier | null,
  verify: VerifySignature,
): string | null {
  const { chain, seq, size, root, heads = [], note } = body;
  if (size !== seq) return `it covers ${size} receipts, but ${seq} come before it`;
  if (tree !== null && root !== tree.root()) return "its root is not that of the receipts before it";
  let before = "";
  for (const head of heads) {
    if (head.chain === chain) return "it names its own chain among the others";
    if (head.chain <= before) return "the chains that it names are not in order, each once";
    before = head.chain;
  }
  if (note === undefined) return null;
  const origin = chainOrigin(chain);
  if (origin === null) return "it has a note, but its chain's name cannot stand in one";
  const text = formatCheckpoint({ origin, size, root });
  return isSignedBy(verify, note, new TextEncoder().encode(text))
    ? null
    : "its note is not signed by its key";
}
