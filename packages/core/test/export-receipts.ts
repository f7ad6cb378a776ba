import type { ReceiptContent } from "../src/receipt/chain.ts";
import type { Receipt } from "../src/receipt/receipt.ts";
import { decisionContent, noon, openChain } from "./sample-receipts.ts";

/** A chain of these contents, one a second, after its key. */
export function chainOf(...contents: readonly ReceiptContent[]): readonly Receipt[] {
  const { chain, opening } = openChain({ firstId: 10_000 });
  return [opening, ...contents.map((content, index) => chain.seal(content, noon + (index + 1) * 1000))].map(
    ({ receipt }) => receipt,
  );
}

type Decision = Extract<ReceiptContent, { type: "decision" }>;

/** A decision with parts of its action or decision changed. */
export function decided(
  decision: Partial<Decision["decision"]>,
  action: Partial<Decision["action"]> = {},
): Decision {
  const base = decisionContent();
  return { ...base, decision: { ...base.decision, ...decision }, action: { ...base.action, ...action } };
}

/** Everything that a stream yields. */
export async function allOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
