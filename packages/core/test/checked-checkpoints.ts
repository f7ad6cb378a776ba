import type { PublicJwk, Receipt } from "@tollgate/core";
import { expect } from "vitest";
import { canonicalJson } from "../src/codec/canonical-json.ts";
import { createVerifier } from "../src/codec/ed25519.node.ts";
import { publicKeyBytes } from "../src/receipt/jwk-thumbprint.ts";
import { MerkleFrontier } from "../src/receipt/merkle.ts";
import type { CheckpointBody } from "../src/receipt/receipt.ts";

/**
 * The checkpoints of one chain, each of which must be of the receipts before it: their number, their root, and
 * the note that says so under the key of the time.
 */
export function checkedCheckpoints(receipts: readonly Receipt[]): readonly CheckpointBody[] {
  const tree = new MerkleFrontier();
  const found: CheckpointBody[] = [];
  let key: PublicJwk | null = null;
  for (const { body, ...rest } of receipts) {
    if (body.type === "checkpoint") {
      const { chain, seq, size, root, note = "" } = body;
      expect({ size, root }).toEqual({ size: seq, root: tree.root() });
      const base64 = Buffer.from(root.slice("sha256:".length), "hex").toString("base64");
      const text = new TextEncoder().encode(`tollgate/${chain}\n${size}\n${base64}\n`);
      const verify = createVerifier(publicKeyBytes(key as PublicJwk));
      expect(verify(Buffer.from(note, "base64url"), text), `note of ${seq}`).toBe(true);
      found.push(body);
    }
    tree.append(canonicalJson({ body, ...rest }));
    if (body.type === "key") key = body.jwk;
  }
  return found;
}
