import { encodeBase64url } from "../../src/codec/base64url.ts";
import { canonicalJson } from "../../src/codec/canonical-json.ts";
import { digestOf } from "../../src/codec/digest.ts";
import { given } from "../../src/codec/given.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { formatCheckpoint } from "../../src/receipt/checkpoint-text.ts";
import { MerkleFrontier } from "../../src/receipt/merkle.ts";
import { endorsementPayloadType } from "../../src/receipt/receipt.ts";
import type { Signer } from "../../src/receipt/signer.ts";
import { allowed, claimOf, sampleAction, timeAt, vectorId } from "./sample-bodies.ts";
import { signLine } from "./signed-line.ts";

/** What a {@link ChainWriter} is made of. */
export interface ChainWriterOptions {
  readonly signer: Signer;
  /** @default "main" */
  readonly chain?: string;
  /** The number of the first receipt's id, so that two chains have none in common. @default 0 */
  readonly firstId?: number;
}

/** Writes one chain as it should be, and anything else on demand: no check is in the way. */
export class ChainWriter {
  readonly chain: string;
  readonly lines: string[] = [];
  readonly tree: MerkleFrontier = new MerkleFrontier();
  #signer: Signer;
  readonly #firstId: number;

  constructor({ signer, chain = "main", firstId = 0 }: ChainWriterOptions) {
    this.chain = chain;
    this.#signer = signer;
    this.#firstId = firstId;
  }

  /** The digest of a line, the last one unless another is asked for; null where there is none. */
  digest(seq: number = this.lines.length - 1): string | null {
    const line = this.lines[seq];
    return line === undefined ? null : digestOf(line);
  }

  /** The line that comes next: a second apart, signed by the chain's key; `content` may say otherwise. */
  next(content: JsonObject, signer: Signer = this.#signer): string {
    const seq = this.lines.length;
    const header = {
      v: 1,
      id: vectorId(this.#firstId + seq),
      chain: this.chain,
      seq,
      prev: this.digest(),
      time: timeAt(seq * 1000),
    };
    return signLine({ ...header, ...content }, signer);
  }

  /** Appends a line. */
  add(line: string): this {
    this.lines.push(line);
    this.tree.append(line);
    return this;
  }

  /** Writes the lines of these contents one after another. */
  write(...contents: readonly JsonObject[]): this {
    for (const content of contents) this.add(this.next(content));
    return this;
  }

  /** Writes the receipt that opens the chain. */
  open(more: JsonObject = {}): this {
    return this.write({ ...keyOf(this.#signer), ...more });
  }

  /** Hands the chain over to another key. */
  rotate(signer: Signer, more: JsonObject = {}): this {
    this.write({ ...keyOf(signer), ...more });
    this.#signer = signer;
    return this;
  }

  /** A checkpoint of the chain as it is, with its note where the chain's name can stand in one. */
  checkpoint(more: JsonObject = {}): JsonObject {
    const [size, root] = [this.tree.size, this.tree.root()];
    return {
      type: "checkpoint",
      size,
      root,
      note: noteOf(this.#signer, { chain: this.chain, size, root }),
      ...more,
    };
  }
}

/** The signature of a checkpoint's text. */
export function noteOf(
  signer: Signer,
  { chain, size, root }: { readonly chain: string; readonly size: number; readonly root: string },
): string {
  const text = formatCheckpoint({ origin: `tollgate/${chain}`, size, root });
  return encodeBase64url(signer.sign(new TextEncoder().encode(text)));
}

/** A key receipt that names a signer's key. */
export function keyOf({ kid, publicKey }: Signer): JsonObject {
  return { type: "key", kid, jwk: { ...publicKey } };
}

/** On what terms a root vouches for a key. */
export interface Terms {
  readonly notbefore: string;
  readonly notafter: string;
  readonly chain?: string;
}

/** A root's word for a signer's key. */
export function endorsementOf(root: Signer, { kid, publicKey }: Signer, terms: Terms): JsonObject {
  const claim = { ...given({ ...terms }), jwk: { ...publicKey }, kid, v: 1 };
  const sig = root.sign(signingInput(endorsementPayloadType, canonicalJson(claim, "receipt")));
  return { ...given({ ...terms }), kid: root.kid, jwk: { ...root.publicKey }, sig: encodeBase64url(sig) };
}

/** A decision with this id that held 1,000 nano-dollars, or what `more` makes of it. */
export function decisionOf(id: number, more: JsonObject = {}): JsonObject {
  return {
    type: "decision",
    id: vectorId(id),
    action: sampleAction,
    decision: allowed,
    claims: [claimOf("1000")],
    price: null,
    reservation: vectorId(id),
    ...more,
  };
}

/** How the decision with this id ended: 900 nano-dollars booked, or what `more` makes of it. */
export function settlementOf(decision: number, more: JsonObject = {}): JsonObject {
  return {
    type: "settlement",
    decision: vectorId(decision),
    reservation: vectorId(decision),
    outcome: "settled",
    amounts: [{ unit: "usd", amount: "900" }],
    ...more,
  };
}

/** A release, or an expiry. */
export function givenBack(decision: number, outcome: "released" | "expired"): JsonObject {
  return settlementOf(decision, { outcome, amounts: [] });
}

/** An adjustment of the balance that the samples draw on. */
export function adjustmentOf(amount: string): JsonObject {
  const [kind, by, reason] = ["top_up", "treasurer", "approved for March"];
  return { type: "adjustment", adjustment: "adjustment-1", kind, ...claimOf(amount), by, reason };
}

/** A run that was stopped: a receipt that means nothing to the others. */
export const stopped: JsonObject = { type: "stop", run: "run-1", reason: "runaway loop" };

/** The last receipt. */
export const closed: JsonObject = { type: "close" };
