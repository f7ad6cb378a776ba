import { createChain, type ReceiptChain, type ReceiptContent } from "../src/receipt/chain.ts";
import { createSigner } from "../src/receipt/local-signer.ts";
import type { ReceiptClaim } from "../src/receipt/receipt.ts";
import type { ChainHead, SealedReceipt } from "../src/receipt/receipt-log.ts";
import type { Signer } from "../src/receipt/signer.ts";

/** 2025-11-20T12:00:00.000Z. */
export const noon = 1_763_640_000_000;

/** A signer whose key is the same in every run of the tests. */
export function testSigner(fill = 1): Signer {
  return createSigner({ seed: new Uint8Array(32).fill(fill) });
}

/** The n-th of the ids that tests use: a UUIDv7. */
export function testId(n: number): string {
  return `019a9f3c-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** Ids that count up from `first`. */
export function countingIds(first = 0): () => string {
  let next = first;
  return () => testId(next++);
}

/** A digest that stands for anything. */
export function testDigest(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/** A new chain, opened with its key receipt. */
export function openChain(options: { chain?: string; signer?: Signer; firstId?: number } = {}): {
  readonly chain: ReceiptChain;
  readonly opening: SealedReceipt;
} {
  const { chain: name = "main", signer = testSigner(), firstId = 0 } = options;
  const chain = createChain({ chain: name, signer, newId: countingIds(firstId) });
  return { chain, opening: chain.seal(keyContent(signer), noon) };
}

/** A chain that goes on from `head`, as in another process. */
export function chainFrom(head: ChainHead | null, signer: Signer, firstId = 0): ReceiptChain {
  const chain = createChain({ chain: "main", signer, newId: countingIds(firstId) });
  chain.resume(head);
  return chain;
}

/** The receipt that opens a chain or hands it over. */
export function keyContent(signer: Signer): ReceiptContent {
  return { type: "key", kid: signer.kid, jwk: signer.publicKey };
}

/** A claim on the budget that the samples draw on. */
export function claimOf(amount: bigint, changes: Partial<ReceiptClaim> = {}): ReceiptClaim {
  const window = "2025-11-20T00:00:00Z";
  return { budget: "daily", partition: "user=alice", window, unit: "usd", amount: `${amount}`, ...changes };
}

type Content<Type> = Extract<ReceiptContent, { type: Type }>;

/** A decision that let something through, or what `changes` make of it. */
export function decisionContent(
  changes: Partial<Content<"decision">> & {
    outcome?: string;
    mode?: "enforce" | "shadow";
    run?: string;
  } = {},
): Content<"decision"> {
  const { outcome = "allow", mode = "enforce", run = "run-1", ...rest } = changes;
  return {
    type: "decision",
    action: { digest: testDigest("a"), kind: "llm", name: "gpt-4o", subject: { user: "alice" }, run },
    decision: {
      outcome,
      terminal: false,
      mode,
      code: "allowed",
      reason: 'no rule said "no" – ok',
      rules: [],
      evaluators: ["capability"],
      policy: null,
    },
    claims: [],
    price: null,
    reservation: null,
    ...rest,
  };
}

/** How a decision ended. */
export function settlementContent(
  decision: string,
  changes: Partial<Content<"settlement">> = {},
): Content<"settlement"> {
  return { type: "settlement", decision, reservation: null, outcome: "settled", amounts: [], ...changes };
}

/** A person's correction of what was spent on the budget that the samples draw on. */
export function adjustmentContent(
  amount: bigint,
  changes: Partial<Content<"adjustment">> = {},
): Content<"adjustment"> {
  return {
    type: "adjustment",
    adjustment: "adjustment-1",
    kind: "correction",
    ...claimOf(amount),
    by: "dave",
    reason: "an outage",
    ...changes,
  };
}

/** A whole chain with every type of receipt that a gate writes; the last one closes it. */
export function sampleChain(): readonly SealedReceipt[] {
  const { chain, opening } = openChain({ firstId: 100 });
  const allowed = testId(1);
  const price = {
    catalog: testDigest("c"),
    model: "openai/gpt-4o",
    rates: {
      input: "2500000000",
      output: { base: "10000000000", tiers: [{ start: 200_000, rate: "15000000000" }] },
    },
  };
  const contents: readonly ReceiptContent[] = [
    { ...decisionContent({ claims: [claimOf(1_000n)], reservation: allowed, price }), id: allowed },
    {
      type: "approval",
      approval: "approval-1",
      status: "requested",
      action: testDigest("b"),
      run: "run-1",
      reason: "payments need one",
    },
    settlementContent(allowed, {
      reservation: allowed,
      amounts: [{ unit: "usd", amount: "1200" }],
      usage: { input_tokens: 10, output_tokens: 20 },
      source: "reported",
      overage: [claimOf(200n)],
    }),
    { type: "stop", run: "run-1", reason: "somebody pulled the plug" },
    { type: "close" },
  ];
  return [opening, ...contents.map((content, index) => chain.seal(content, noon + index * 1000))];
}
