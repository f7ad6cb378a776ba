import { encodeBase64url } from "../src/codec/base64url.ts";
import { canonicalJson } from "../src/codec/canonical-json.ts";
import { digestOf } from "../src/codec/digest.ts";
import { signingInput } from "../src/codec/signing-input.ts";
import type { ReceiptContent } from "../src/receipt/chain.ts";
import { chainOrigin, formatCheckpoint } from "../src/receipt/checkpoint-text.ts";
import { endorsementInput } from "../src/receipt/endorsement.ts";
import { MerkleFrontier } from "../src/receipt/merkle.ts";
import { type CheckpointHead, type Endorsement, receiptPayloadType } from "../src/receipt/receipt.ts";
import type { Signer } from "../src/receipt/signer.ts";
import {
  claimOf,
  countingIds,
  decisionContent,
  noon,
  settlementContent,
  testDigest,
  testId,
  testSigner,
} from "./sample-receipts.ts";

/** The members of a body, right or wrong. */
export type Members = Readonly<Record<string, unknown>>;

/** Writes a chain as it is told to, right or wrong: verifiers must not depend on who wrote it. */
export class TestChain {
  readonly chain: string;
  readonly lines: string[] = [];
  readonly tree: MerkleFrontier = new MerkleFrontier();
  /** Whose key signs. */
  signer: Signer;
  #newId: () => string;
  #digest: string | null = null;

  /** Opens the chain with the key receipt of its signer. */
  constructor(chain: string, signer: Signer = testSigner(), firstId = 0, opening: Members = {}) {
    this.chain = chain;
    this.signer = signer;
    this.#newId = countingIds(firstId);
    this.add({ type: "key", kid: signer.kid, jwk: signer.publicKey, ...opening });
  }

  get head(): CheckpointHead {
    return { chain: this.chain, seq: this.lines.length - 1, digest: this.#digest ?? "" };
  }

  /** Signs a body as the next receipt; `content` may overrule what the chain fills in. Answers its line. */
  add(content: ReceiptContent | Members): string {
    const body = {
      v: 1,
      id: this.#newId(),
      chain: this.chain,
      seq: this.lines.length,
      prev: this.#digest,
      time: new Date(noon + this.lines.length * 1000).toISOString(),
      ...content,
    };
    const line = signedLine(body, this.signer);
    this.lines.push(line);
    this.tree.append(line);
    this.#digest = digestOf(line);
    return line;
  }

  /** Goes over to another key. */
  rotate(next: Signer, members: Members = {}): string {
    const line = this.add({ type: "key", kid: next.kid, jwk: next.publicKey, ...members });
    this.signer = next;
    return line;
  }

  /** What a checkpoint of the chain must be now, note and all. */
  checkpoint(heads: readonly CheckpointHead[] = []): Members {
    const [size, root, origin] = [this.tree.size, this.tree.root(), chainOrigin(this.chain)];
    return {
      type: "checkpoint",
      size,
      root,
      ...(heads.length > 0 ? { heads } : {}),
      ...(origin === null ? {} : { note: noteOf(this.signer, formatCheckpoint({ origin, size, root })) }),
    };
  }
}

/** The line of a receipt that the signer really signed, whatever it says. */
export function signedLine(body: unknown, signer: Signer): string {
  const bodyJson = canonicalJson(body);
  const sig = encodeBase64url(signer.sign(signingInput(receiptPayloadType, bodyJson)));
  return `{"body":${bodyJson},"kid":"${signer.kid}","sig":"${sig}"}`;
}

/** A checkpoint's note. */
export function noteOf(signer: Signer, text: string): string {
  return encodeBase64url(signer.sign(new TextEncoder().encode(text)));
}

/** A root's word for a key, for the day of the samples. */
export function endorsedBy(
  root: Signer,
  key: Signer,
  changes: Partial<Pick<Endorsement, "notbefore" | "notafter" | "chain">> = {},
): Endorsement {
  const terms = { notbefore: "2025-11-20T00:00:00.000Z", notafter: "2025-11-20T23:59:59.999Z", ...changes };
  const sig = encodeBase64url(root.sign(endorsementInput(key.publicKey, terms)));
  return { kid: root.kid, jwk: root.publicKey, ...terms, sig };
}

/** The offline key that vouches for all others of the sample log. */
export function rootSigner(): Signer {
  return testSigner(9);
}

/**
 * A log with all there is: three chains one into the other, every type of receipt with all its members, keys
 * that a root endorsed, one that hands over to another, and checkpoints that name the other chains.
 */
export function sampleLog(): readonly string[] {
  const root = rootSigner();
  const [day, night, later] = [testSigner(1), testSigner(2), testSigner(3)];
  const log: string[] = [];
  const main = new TestChain("main", day, 0, { endorsement: endorsedBy(root, day, { chain: "main" }) });
  log.push(...main.lines);
  const shift = new TestChain("night shift", night, 1000, { endorsement: endorsedBy(root, night) });
  log.push(...shift.lines);

  const allowed = testId(500);
  log.push(main.add({ ...fullDecision(), id: allowed, reservation: allowed }));
  log.push(main.add(approval));
  log.push(
    shift.add({ ...decisionContent({ outcome: "deny" }), exceeded: [exceeded], approval: "approval-1" }),
  );
  log.push(main.add(fullSettlement(allowed)));
  log.push(main.add(main.checkpoint([shift.head])));
  log.push(shift.add(shift.checkpoint([main.head])));
  log.push(main.rotate(later, { endorsement: endorsedBy(root, later) }));
  log.push(main.add({ type: "stop", run: "run-1", reason: "somebody pulled the plug – \u{1f50c}" }));

  log.push(main.add(adjustment));

  const short = new TestChain("z", night, 2000, { endorsement: endorsedBy(root, night) });
  log.push(...short.lines);
  log.push(main.add(main.checkpoint([shift.head, short.head])));
  log.push(short.add({ type: "close" }), main.add({ type: "close" }));
  log.push(shift.add(shift.checkpoint([main.head, short.head])), shift.add({ type: "close" }));
  return log;
}

const exceeded = { ...claimOf(5n), limit: "10", spent: "6", held: "0" };

const approval = {
  type: "approval",
  approval: "approval-1",
  status: "granted",
  action: testDigest("b"),
  run: "run-1",
  by: "carol",
  reason: "payments need one",
};

const adjustment = {
  type: "adjustment",
  adjustment: "adjustment-1",
  kind: "refund",
  ...claimOf(5n),
  amount: "-5",
  by: "dave",
  reason: "the provider's outage",
};

/** A decision with every member that one may have. */
function fullDecision(): Members {
  const content = decisionContent({
    outcome: "degrade",
    claims: [claimOf(1000n), claimOf(1n, { unit: "calls" })],
  });
  return {
    ...content,
    action: {
      ...content.action,
      provider: "openai",
      subject: {
        tenant: "acme",
        user: "alice",
        agent: "bot",
        role: "clerk",
        session: "s-1",
        capability: "read_only",
      },
      root: "run-0",
      step: 2,
      attempt: 1,
      params: '{"city":"Köln"}',
    },
    decision: {
      ...content.decision,
      policy: testDigest("d"),
      rules: ["a rule"],
      failure: "the ledger is gone",
    },
    price: {
      catalog: testDigest("c"),
      model: "openai/gpt-4o",
      rates: { input: "2500000000", output: { base: "10000000000", tiers: [{ start: 200_000, rate: "1" }] } },
    },
    exceeded: [exceeded],
    enforced: testDigest("e"),
    replaced: "gpt-4o-mini",
    approval: "approval-1",
  };
}

/** A settlement with every member that one may have. */
function fullSettlement(decision: string): Members {
  return {
    ...settlementContent(decision, {
      reservation: decision,
      reason: "done",
      amounts: [
        { unit: "calls", amount: "1" },
        { unit: "usd", amount: "1200" },
      ],
      usage: { input_tokens: 10, output_tokens: 20 },
      source: "reported",
      overage: [claimOf(200n)],
      late: false,
    }),
  };
}
