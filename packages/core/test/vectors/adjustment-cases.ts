import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { adjustmentOf, ChainWriter, decisionOf, settlementOf } from "./chain-writer.ts";
import { vectorSigner } from "./signed-line.ts";

const signer = vectorSigner(7);
const topUp = adjustmentOf("-5000");

/** Cases about what people adjust: they may do so whatever else stands in the chain, and say it again. */
export const adjustmentCases: readonly ChainCase[] = [
  good("an adjustment", topUp),
  good("two receipts of one adjustment", topUp, topUp),
  good(
    "a balance that nothing was ever held on",
    { ...topUp, budget: "new" },
    decisionOf(3),
    settlementOf(3),
  ),
  bad("bad_signature", "an amount that was changed after signing", (chain) =>
    chain.next(topUp).replace('"-5000"', '"-9000"'),
  ),
  bad("unknown_key", "an adjustment by somebody else's key", (chain) => chain.next(topUp, vectorSigner(8))),
  {
    ...bad("missing_key", "an adjustment as the first receipt", () => ""),
    lines: [new ChainWriter({ signer }).next(topUp)],
    expected: ["missing_key", 0, "main", 0],
  },
];

function caseOf(comment: string, lines: readonly string[], expected: ChainCase["expected"]): ChainCase {
  const options = { keys: [{ ...signer.publicKey }] };
  return { comment, flags: ["Adjustments"], lines, options, expected };
}

function good(comment: string, ...contents: readonly JsonObject[]): ChainCase {
  return caseOf(comment, new ChainWriter({ signer }).open().write(...contents).lines, "authentic");
}

/** A chain whose second receipt does not hold. */
function bad(reason: string, comment: string, second: (chain: ChainWriter) => string): ChainCase {
  const chain = new ChainWriter({ signer }).open();
  return caseOf(comment, [...chain.lines, second(chain)], [reason, 1, "main", 1]);
}
