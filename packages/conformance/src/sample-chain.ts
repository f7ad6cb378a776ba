import { createSigner, type ReceiptLog, type SealedReceipt, type Signer } from "@tollgate/core";
import { createChain, keyContent, type ReceiptChain, type ReceiptContent } from "@tollgate/core/testing";

type Content<Type> = Extract<ReceiptContent, { type: Type }>;

const noon = Date.UTC(2026, 0, 1, 12);
const noDigest = `sha256:${"0".repeat(64)}`;

/** The n-th of the ids that samples use: a UUIDv7. */
export function sampleId(n: number): string {
  return `019a9f3c-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** One writer of a chain of receipts with real signatures; their ids are unique among a law's chains. */
export class SampleChain {
  readonly signer: Signer;
  readonly chain: ReceiptChain;
  #ids: number;
  #now = noon;

  /** @param nth - tells this chain's key and ids from those of a law's other chains */
  constructor(name: string, nth = 0) {
    this.#ids = nth * 100_000;
    this.signer = createSigner({ seed: new Uint8Array(32).fill(nth + 1) });
    this.chain = createChain({ chain: name, signer: this.signer, newId: () => this.newId() });
  }

  newId(): string {
    return sampleId(this.#ids++);
  }

  /** Seals the next receipt: the key receipt first, then a decision unless told otherwise. */
  seal(content: ReceiptContent = decision()): SealedReceipt {
    const next = this.chain.head === null ? keyContent(this.signer) : content;
    return this.chain.seal(next, this.#now++);
  }

  /** Seals the next receipts, so many of them. */
  sealMany(count: number): readonly SealedReceipt[] {
    return Array.from({ length: count }, () => this.seal());
  }
}

/** A decision that allowed something in `run`. */
export function decision(run = "run-1", changes: Partial<Content<"decision">> = {}): ReceiptContent {
  return {
    type: "decision",
    action: { digest: noDigest, kind: "llm", name: "gpt-4o", subject: { user: "alice" }, run },
    decision: {
      outcome: "allow",
      terminal: false,
      mode: "enforce",
      code: "allowed",
      reason: 'nothing said "no" – größer, 思考, \u{1f512}',
      rules: [],
      evaluators: [],
      policy: null,
    },
    claims: [],
    price: null,
    reservation: null,
    ...changes,
  };
}

/** How the decision with the id ended. */
export function settlement(of: string, changes: Partial<Content<"settlement">> = {}): ReceiptContent {
  return { type: "settlement", decision: of, reservation: null, outcome: "settled", amounts: [], ...changes };
}

/** Appends one after the other. */
export async function appendAll(log: ReceiptLog, entries: readonly SealedReceipt[]): Promise<void> {
  for (const entry of entries) await log.append(entry);
}

/** Appends, none waiting for the other, and answers what became of each. */
export function appendTogether(
  log: ReceiptLog,
  entries: readonly SealedReceipt[],
): Promise<readonly ("kept" | string)[]> {
  return Promise.all(
    entries.map(async (entry) => {
      try {
        await log.append(entry);
        return "kept";
      } catch (error) {
        return String((error as { code?: unknown }).code ?? error);
      }
    }),
  );
}
