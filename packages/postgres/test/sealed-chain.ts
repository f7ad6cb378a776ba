import { randomUUID } from "node:crypto";
import { createSigner, type SealedReceipt, type Subject } from "@tollgate/core";
import { createChain, keyContent, type ReceiptChain, type ReceiptContent } from "@tollgate/core/testing";

/** One writer of a chain of receipts. */
export class SealedChain {
  readonly chain: ReceiptChain;
  readonly #signer = createSigner();

  constructor(name: string) {
    this.chain = createChain({ chain: name, signer: this.#signer, newId: () => randomUUID() });
  }

  /** Seals the next receipt: the key receipt first, then a decision unless told otherwise. */
  seal(content: ReceiptContent = decision(), at: number = Date.now()): SealedReceipt {
    const next = this.chain.head === null ? keyContent(this.#signer) : content;
    return this.chain.seal(next, at);
  }
}

/** A decision that let something through, or (`deny`) did not. */
export function decision(
  run = "r",
  subject: Subject = {},
  id: string = randomUUID(),
  outcome: "allow" | "deny" = "allow",
): ReceiptContent {
  return {
    type: "decision",
    id,
    action: {
      digest: `sha256:${"0".repeat(64)}`,
      kind: "tool",
      name: "t",
      subject: { ...subject },
      run,
    },
    decision: {
      outcome,
      terminal: false,
      mode: "enforce",
      code: "allowed",
      reason: "",
      rules: [],
      evaluators: [],
      policy: null,
    },
    claims: [],
    price: null,
    reservation: outcome === "allow" ? id : null,
  };
}

/** How a reservation ended. */
export function settlement(reservation: string, outcome: "settled" | "expired" = "settled"): ReceiptContent {
  return { type: "settlement", decision: reservation, reservation, outcome, amounts: [] };
}
