import { jwkThumbprint } from "./jwk-thumbprint.ts";
import { OpenDecisions } from "./open-decisions.ts";
import type { PublicJwk } from "./receipt.ts";
import { type ReceiptInput, type ReceiptStream, type ReceiptText, readReceiptText } from "./receipt-text.ts";
import { ChainLinks } from "./verify-link.ts";
import type { Break, Flaw, VerifyReport } from "./verify-report.ts";

/** How receipts are to be verified. */
export interface VerifyOptions {
  /**
   * The keys that a chain may start with; those that it goes over to later are endorsed by these.
   *
   * An empty list trusts nobody. @default none given: the best verdict is then `bound`
   */
  readonly keys?: readonly PublicJwk[];
}

/**
 * Verifies whole chains of receipts, one or many in one stream, up to the first receipt that does not hold.
 *
 * Checks each receipt's shape, canonical form, key, signature, place in its chain and time, and that every
 * settlement ends one open decision (see {@link OpenDecisions}; it may stand in another chain of the stream).
 * Text is checked byte by byte; for a file use `receiptLines`.
 *
 * What it cannot see is a cut end: compare a chain's `seq` and `digest` with ones kept elsewhere, or look for
 * `closed`. Memory grows with chains and open decisions, not with receipts. Rejects only when the stream does.
 */
export async function verifyChain(
  receipts: ReceiptStream,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const trusted = options.keys === undefined ? null : new Set(options.keys.map(jwkThumbprint));
  const verifier = new StreamVerifier(trusted);
  for await (const input of receipts) {
    if (!verifier.take(input)) break;
  }
  return verifier.report();
}

class StreamVerifier {
  readonly #trusted: ReadonlySet<string> | null;
  readonly #chains = new Map<string, ChainLinks>();
  readonly #decisions = new OpenDecisions();
  #receipts = 0;
  #break: Break | null = null;

  constructor(trusted: ReadonlySet<string> | null) {
    this.#trusted = trusted;
  }

  /** Takes the next receipt; false when it does not hold. */
  take(input: ReceiptInput): boolean {
    const text = readReceiptText(input);
    if ("reason" in text) {
      this.#break = { ...text, index: this.#receipts, ...this.#onlyPlace() };
      return false;
    }
    const { chain } = text.receipt.body;
    const links = this.#chains.get(chain) ?? new ChainLinks(chain, this.#trusted);
    const seq = links.nextSeq;
    const flaw = links.add(text, () => this.#meaning(text));
    if (flaw !== null) {
      this.#break = { ...flaw, index: this.#receipts, chain, seq };
      return false;
    }
    this.#chains.set(chain, links);
    this.#receipts += 1;
    return true;
  }

  report(): VerifyReport {
    const found = this.#break ?? (this.#receipts === 0 ? nothing : null);
    return {
      verdict: found !== null ? "broken" : this.#trusted === null ? "bound" : "authentic",
      receipts: this.#receipts,
      chains: [...this.#chains.values()].map((links) => links.summary()),
      open: this.#decisions.size,
      break: found,
    };
  }

  /** Where something unreadable must stand, if only one chain has been seen. */
  #onlyPlace(): Pick<Break, "chain" | "seq"> {
    const [chain, ...others] = this.#chains;
    if (chain === undefined || others.length > 0) return { chain: null, seq: null };
    return { chain: chain[0], seq: chain[1].nextSeq };
  }

  #meaning({ receipt: { body } }: ReceiptText): Flaw | null {
    if (body.type !== "decision" && body.type !== "settlement") return null;
    const result = body.type === "decision" ? this.#decisions.add(body) : this.#decisions.end(body);
    return result.status === "flawed" ? result.flaw : null;
  }
}

const nothing: Break = {
  reason: "empty",
  index: 0,
  chain: null,
  seq: null,
  message: "there are no receipts",
};
