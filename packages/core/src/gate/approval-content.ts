import { given } from "../codec/given.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Approval } from "./approvals.ts";
import { cleanText } from "./receipt-content.ts";

/** The receipt of one step in the life of an approval. */
export function approvalContent(
  approval: Approval,
  status: "requested" | "granted" | "denied" | "expired" | "used",
): ReceiptContent {
  const { answer } = approval;
  return given({
    type: "approval",
    approval: approval.id,
    status,
    action: approval.digest,
    run: approval.run,
    by: answer === null ? undefined : cleanText(answer.by),
    reason: answer?.reason ? cleanText(answer.reason) : undefined,
  });
}
