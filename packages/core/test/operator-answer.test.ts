import type { Gate } from "@tollgate/core";
import { createGate } from "@tollgate/core";
import { memoryApprovals } from "@tollgate/core/driver";
import { evaluator } from "@tollgate/core/evaluators";
import { createOperator, type Operator } from "@tollgate/core/operate";
import { verifyChain } from "@tollgate/core/verify";
import { describe, expect, it } from "vitest";
import { Shop } from "./operator-fixture.ts";

const careful = evaluator("careful", () => ({ decision: "require_approval", reason: "always" }));
const pay = { kind: "tool", name: "pay" } as const;

function asking(): { shop: Shop; gate: Gate; operator: Operator; ask: () => Promise<string> } {
  const shop = new Shop();
  const { clock, log, signer } = shop;
  const approvals = memoryApprovals();
  const gate = createGate({ clock, log, signer, approvals, evaluators: [careful] });
  return {
    shop,
    gate,
    operator: createOperator({ ledger: shop.ledger, log, signer, clock, approvals }),
    ask: async () => (await gate.decide(pay)).approval?.id ?? "",
  };
}

const yes = { status: "granted", by: "carol", reason: "checked" } as const;

describe("an operator's answer", () => {
  it("lets the action through, and its receipt is in a chain of its own", async () => {
    const { shop, gate, operator, ask } = asking();
    const id = await ask();
    const { approval, receipt } = await operator.answer({ approval: id, ...yes });
    expect(approval).toMatchObject({ id, status: "granted", answer: { by: "carol", reason: "checked" } });
    expect(receipt.body).toMatchObject({ approval: id, status: "granted", by: "carol", reason: "checked" });
    expect(receipt.body.chain).toMatch(/^operator-/);
    expect(await gate.decide(pay)).toMatchObject({ outcome: "allow" });
    await operator.close();
    const all = await shop.receipts();
    expect(await verifyChain(all, { keys: [shop.signer.publicKey] })).toMatchObject({ verdict: "authentic" });
    const steps = all.flatMap(({ body }) => (body.type === "approval" ? [body.status] : []));
    expect(steps).toEqual(["requested", "granted", "used"]);
  });

  it("is refused where the request is not pending any more, without a receipt but of what has run out", async () => {
    const { shop, gate, operator, ask } = asking();
    const id = await ask();
    await gate.approvals.deny(id, { by: "dave" });
    await expect(operator.answer({ approval: id, ...yes })).rejects.toThrow(/is denied already/);
    await expect(operator.answer({ approval: "x", ...yes })).rejects.toThrow(/no approval x/);
    await expect(operator.answer({ approval: id, ...yes, by: "" })).rejects.toThrow(/by/);
    await expect(operator.answer({ approval: id, ...yes, reason: "" })).rejects.toThrow(/reason/);
    const late = await gate.decide({ kind: "tool", name: "other" });
    shop.clock.advance(60 * 60 * 1000);
    await expect(operator.answer({ approval: late.approval?.id ?? "", ...yes })).rejects.toThrow(
      /has run out/,
    );
    await expect(shop.operator().answer({ approval: id, ...yes })).rejects.toThrow(/store that gates share/);
    await operator.close();
    const own = (await shop.receipts()).filter(({ body }) => body.chain.startsWith("operator-"));
    const steps = own.flatMap(({ body }) => (body.type === "approval" ? [body.status] : []));
    expect(steps).toEqual(["expired"]);
  });

  it("says so when it counts but has no receipt yet, and writes it before anything else", async () => {
    const { shop, operator, gate, ask } = asking();
    const id = await ask();
    shop.log.failure = "loses";
    await expect(operator.answer({ approval: id, ...yes })).rejects.toThrow(
      /is granted, but its receipt could not be written/,
    );
    shop.log.failure = "none";
    expect(await gate.approvals.get(id)).toMatchObject({ status: "granted" });
    await operator.close();
    const granted = await shop.receipts("approval");
    expect(granted.map(({ body }) => body.type === "approval" && body.status)).toEqual([
      "requested",
      "granted",
    ]);
  });
});
