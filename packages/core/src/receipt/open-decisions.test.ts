import { describe, expect, it } from "vitest";
import { decisionContent, noon, openChain, settlementContent, testId } from "../../test/sample-receipts.ts";
import type { ReceiptContent } from "./chain.ts";
import { verifyChain } from "./verify-chain.ts";
import type { VerifyReport } from "./verify-report.ts";

const held = testId(1);
const other = testId(2);
const allow: ReceiptContent = { ...decisionContent({ reservation: held }), id: held };
const settled = settlementContent(held, { reservation: held });
const released = settlementContent(held, { reservation: held, outcome: "released" });
const expired = settlementContent(held, { reservation: held, outcome: "expired" });
const late = settlementContent(held, { reservation: held, late: true });

function verify(...contents: readonly ReceiptContent[]): Promise<VerifyReport> {
  const { chain, opening } = openChain({ firstId: 100 });
  return verifyChain(
    [opening, ...contents.map((content) => chain.seal(content, noon))].map(({ json }) => json),
  );
}

describe("a decision that let something through", () => {
  it.each([
    ["settled", [settled], 0],
    ["released", [released], 0],
    ["expired", [expired], 0],
    ["expired and settled late", [expired, late], 0],
    ["open", [], 1],
  ] as const)("may be %s", async (_, endings, open) => {
    expect(await verify(allow, ...endings)).toMatchObject({
      verdict: "bound",
      receipts: 2 + endings.length,
      open,
    });
  });

  it.each([
    ["settled twice", [settled, settled]],
    ["settled late after it settled", [settled, late]],
    ["settled after its release", [released, settled]],
    ["released after it settled", [settled, released]],
    ["released twice", [released, released]],
    ["expired twice", [expired, expired]],
    ["released after it expired", [expired, released]],
    ["settled after it expired, as if in time", [expired, settled]],
    ["settled late twice", [expired, late, late]],
  ] as const)("may not be %s", async (_, endings) => {
    const index = 1 + endings.length;
    expect(await verify(allow, ...endings)).toMatchObject({
      verdict: "broken",
      break: { reason: "no_open_decision", index, seq: index },
    });
  });

  it("may not use an id that is open already", async () => {
    expect(await verify(allow, allow)).toMatchObject({ break: { reason: "decision_repeated", index: 2 } });
    expect(
      await verify({ ...decisionContent(), id: held }, { ...decisionContent(), id: held }),
    ).toMatchObject({
      break: { reason: "decision_repeated", index: 2 },
    });
  });

  it("settles under its own reservation only", async () => {
    expect(await verify(allow, { ...settled, reservation: other })).toMatchObject({
      break: { reason: "no_open_decision", index: 2 },
    });
    expect(await verify(allow, { ...settled, decision: other })).toMatchObject({
      break: { reason: "settlement_mismatch", index: 2 },
    });
  });

  it("may hold nothing, and settles all the same", async () => {
    const free: ReceiptContent = { ...decisionContent(), id: held };
    expect(await verify(free, settlementContent(held))).toMatchObject({ verdict: "bound", open: 0 });
    expect(await verify(free, settlementContent(held), settlementContent(held))).toMatchObject({
      break: { reason: "no_open_decision", index: 3 },
    });
  });

  it("may be given again for the same open reservation, which then ends once", async () => {
    const replay: ReceiptContent = { ...decisionContent({ reservation: held }), id: other };
    expect(await verify(allow, replay, settled)).toMatchObject({ verdict: "bound", open: 0 });
    expect(await verify(allow, replay, settled, settled)).toMatchObject({
      break: { reason: "no_open_decision" },
    });
    expect(await verify(replay, settled)).toMatchObject({ verdict: "bound", open: 0 });
  });
});

describe("a decision that let nothing through", () => {
  it.each(["skip", "require_approval", "deny"])("is not open when it is %s", async (outcome) => {
    const refusal: ReceiptContent = { ...decisionContent({ outcome }), id: held };
    expect(await verify(refusal)).toMatchObject({ verdict: "bound", open: 0 });
    expect(await verify(refusal, settlementContent(held))).toMatchObject({
      break: { reason: "no_open_decision", index: 2 },
    });
  });

  it("is open in shadow mode, where everything goes through", async () => {
    const shadow: ReceiptContent = { ...decisionContent({ outcome: "deny", mode: "shadow" }), id: held };
    expect(await verify(shadow)).toMatchObject({ verdict: "bound", open: 1 });
    expect(await verify(shadow, settlementContent(held))).toMatchObject({ verdict: "bound", open: 0 });
  });
});

describe("a settlement in a log that does not have its decision", () => {
  it("may be an expiry, which only gives back what another process held", async () => {
    expect(await verify(expired)).toMatchObject({ verdict: "bound", receipts: 2 });
  });

  it.each([
    ["settle", settled],
    ["settle late", late],
    ["release", released],
  ] as const)("may not %s anything", async (_, ending) => {
    expect(await verify(ending)).toMatchObject({ break: { reason: "no_open_decision", index: 1 } });
  });

  it("may stand in another chain of the same stream", async () => {
    const [a, b] = [openChain({ chain: "a" }), openChain({ chain: "b", firstId: 200 })];
    const stream = [a.opening, a.chain.seal(allow, noon), b.opening, b.chain.seal(settled, noon)];
    expect(await verifyChain(stream.map(({ json }) => json))).toMatchObject({ verdict: "bound", open: 0 });
  });
});
