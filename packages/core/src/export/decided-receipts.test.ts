import { describe, expect, it } from "vitest";
import { allOf, chainOf, decided } from "../../test/export-receipts.ts";
import { settlementContent, testId } from "../../test/sample-receipts.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import { decidedReceipts } from "./decided-receipts.ts";

const held: ReceiptContent = { ...decided({}), id: testId(1), reservation: testId(7) };
const end = settlementContent(testId(1), { reservation: testId(7) });

/** The ids of the decisions found, the key's aside. */
async function decisionsOf(...contents: readonly ReceiptContent[]): Promise<readonly (string | null)[]> {
  const [, ...rest] = await allOf(decidedReceipts(chainOf(...contents)));
  return rest.map(({ decision }) => decision?.id ?? null);
}

describe("the decision that a receipt is about", () => {
  it.each<[string, readonly ReceiptContent[], readonly (string | null)[]]>([
    ["is a settlement's, by its reservation", [held, end], [testId(1), testId(1)]],
    ["is gone once it has settled", [held, end, end], [testId(1), testId(1), null]],
    [
      "is still there when it settles after it has expired",
      [held, { ...end, outcome: "expired" }, { ...end, late: true }],
      [testId(1), testId(1), testId(1)],
    ],
    [
      "is the first one of a reservation that is answered again",
      [held, { ...held, id: testId(2) }, end],
      [testId(1), testId(2), testId(1)],
    ],
    [
      "is by its own id where nothing was reserved",
      [{ ...decided({}), id: testId(3) }, settlementContent(testId(3))],
      [testId(3), testId(3)],
    ],
    [
      "is none where it let nothing through",
      [{ ...decided({ outcome: "deny" }), id: testId(3) }, settlementContent(testId(3))],
      [testId(3), null],
    ],
    ["is none of a stop", [{ type: "stop", run: "run-1", reason: "" }], [null]],
  ])("%s", async (_what, contents, expected) => {
    expect(await decisionsOf(...contents)).toEqual(expected);
  });
});
