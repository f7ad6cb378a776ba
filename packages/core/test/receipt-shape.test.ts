import type { GateOptions } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReceiptBody } from "../src/receipt/receipt.ts";
import { readReceipt } from "../src/receipt/receipt-schema.ts";
import { performSteps } from "./perform-steps.ts";
import { type Step, setting, step } from "./random-workload.ts";

const workload: fc.Arbitrary<[GateOptions, Step[]]> = fc.tuple(
  setting,
  fc.array(step, { maxLength: 60, size: "max" }),
);

/** What a receipt is about, in two words. */
function kindOf(body: ReceiptBody): string {
  switch (body.type) {
    case "decision":
      return `decision ${body.decision.failure === undefined ? body.decision.code : "failed open"}`;
    case "settlement":
      return `settlement ${body.late === true ? "late" : body.outcome}`;
    case "approval":
      return `approval ${body.status}`;
    default:
      return body.type;
  }
}

describe("every receipt that a gate writes", () => {
  it("has the shape that readers take, and none is lost, whatever was done to the gate", async () => {
    await fc.assert(
      fc.asyncProperty(workload, async ([options, steps]) => {
        const { lines, publicKey, unwritten } = await performSteps(options, steps);
        for (const line of lines) {
          expect(readReceipt(JSON.parse(line)), line).toMatchObject({ status: "ok" });
        }
        expect(unwritten).toEqual([]);
        const report = await verifyChain(lines, { keys: [publicKey] });
        expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic" });
      }),
      { numRuns: 200 },
    );
  });

  it("is met by such workloads: there are receipts of every kind among them", async () => {
    const kinds = new Set<string>();
    for (const [options, steps] of fc.sample(workload, { numRuns: 600, seed: 1 })) {
      const { lines } = await performSteps(options, steps);
      for (const line of lines) kinds.add(kindOf(JSON.parse(line).body));
    }
    expect([...kinds].sort()).toEqual([
      "approval denied",
      "approval expired",
      "approval granted",
      "approval requested",
      "approval used",
      "checkpoint",
      "close",
      "decision allowed",
      "decision approval_denied",
      "decision approval_required",
      "decision budget_exceeded",
      "decision clock_went_back",
      "decision degrade_failed",
      "decision degraded",
      "decision evaluator_failed",
      "decision failed open",
      "decision idempotency_conflict",
      "decision ledger_failed",
      "decision missing_field",
      "decision policy_denied",
      "decision run_stopped",
      "decision skipped",
      "decision unpriced",
      "key",
      "settlement expired",
      "settlement late",
      "settlement released",
      "settlement settled",
      "stop",
    ]);
  });
});
