import { OpenDecisions } from "./open-decisions.ts";
import type { ReceiptBody } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";
import { whyUnexplained } from "./verify-amounts.ts";
import { whyNoCheckpoint } from "./verify-checkpoint.ts";
import { SeenHeads } from "./verify-heads.ts";
import type { IsSigned } from "./verify-keys.ts";
import { type ChainContext, ChainLinks, type Followed } from "./verify-link.ts";
import type { VerifyRules } from "./verify-options.ts";
import type { Break, Flaw, VerifyReport } from "./verify-report.ts";
import { KeyTrust } from "./verify-trust.ts";

/** A stream of receipts while it is verified, one after another. */
export class StreamVerifier {
  readonly #rules: VerifyRules;
  readonly #context: ChainContext;
  readonly #chains = new Map<string, ChainLinks>();
  readonly #decisions: OpenDecisions;
  readonly #heads: SeenHeads;
  #receipts = 0;
  #break: Break | null = null;

  /** @throws InvalidConfig when the heads that are to be there contradict each other. */
  constructor(rules: VerifyRules, isSigned: IsSigned) {
    this.#rules = rules;
    this.#decisions = new OpenDecisions(rules.trimmed);
    this.#heads = new SeenHeads(rules.heads);
    this.#context = {
      trust: new KeyTrust(rules),
      timeToleranceMs: rules.timeToleranceMs,
      trimmed: rules.trimmed,
      isSigned,
      digestAt: (chain, seq) => this.#heads.digestAt(chain, seq),
    };
  }

  /** Takes the next receipt; false when it does not hold, and then none is to follow. */
  take(text: ReceiptText | Flaw): boolean {
    if ("reason" in text) {
      this.#break = { ...text, index: this.#receipts, ...this.#onlyPlace() };
      return false;
    }
    const { chain } = text.receipt.body;
    const links = this.#chains.get(chain) ?? new ChainLinks(chain, this.#context);
    const seq = links.nextSeq;
    const flaw = links.add(text, (followed) => this.#meaning(text, followed));
    if (flaw !== null) {
      this.#break = { ...flaw, index: this.#receipts, chain, seq };
      return false;
    }
    this.#chains.set(chain, links);
    this.#receipts += 1;
    return true;
  }

  /** What there is to say at the end of the stream, or where it broke. */
  report(): VerifyReport {
    const found = this.#break ?? this.#missing();
    return {
      verdict: found !== null ? "broken" : this.#rules.keys === null ? "bound" : "authentic",
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

  /** What a receipt says about others: asked once it is known to be its chain's next. */
  #meaning({ receipt: { body } }: ReceiptText, { digest, signer, tree }: Followed): Flaw | null {
    const flaw = this.#heads.whyNot(body.chain, body.seq, digest) ?? this.#settle(body);
    if (flaw !== null) return flaw;
    if (body.type === "checkpoint") {
      const problem = whyNoCheckpoint(body, tree, signer.verify);
      if (problem !== null) return { reason: "bad_checkpoint", message: problem };
      for (const head of body.heads ?? []) {
        const other = this.#heads.expect(head, body.chain);
        if (other !== null) return other;
      }
    }
    this.#heads.pass(body.chain, body.seq, digest);
    return null;
  }

  /** Pairs decisions with settlements. */
  #settle(body: ReceiptBody): Flaw | null {
    if (body.type === "decision") {
      const added = this.#decisions.add(body);
      return added.status === "flawed" ? added.flaw : null;
    }
    if (body.type !== "settlement") return null;
    const found = this.#decisions.find(body);
    if (found.status === "flawed") return found.flaw;
    const problem = whyUnexplained(body, found.status === "ended" ? found.open.claims : null);
    if (problem !== null) return { reason: "unexplained_amount", message: problem };
    this.#decisions.end(body);
    return null;
  }

  /** What is not there that should be. */
  #missing(): Break | null {
    const index = this.#receipts;
    if (index === 0) {
      return { reason: "empty", index, chain: null, seq: null, message: "there are no receipts" };
    }
    const head = this.#heads.missing(this.#rules);
    if (head !== null) return { ...head, index };
    const chains = [...this.#chains].sort(([a], [b]) => (a < b ? -1 : 1));
    const lacking = chains.find(([, { lacksAnchor }]) => lacksAnchor);
    const open = this.#rules.closed ? chains.find(([, { closed }]) => !closed) : undefined;
    const [chain, links] = lacking ?? open ?? [];
    if (chain === undefined || links === undefined) return null;
    const message =
      lacking === undefined
        ? "the chain does not end with its close"
        : "the chain's beginning was dropped, and there is no checkpoint that the rest begins with";
    return { reason: "missing_tail", index, chain, seq: links.nextSeq, message };
  }
}
