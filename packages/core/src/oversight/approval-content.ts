import { cleanText } from "../codec/clean-text.ts";
import { given } from "../codec/given.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Approval } from "./approvals.ts";

/** The receipt of one step in the life of an approval. */
export function approvalContent(approval: Approval): ReceiptContent {
  const { answer, status } = approval;
  return given({
    type: "approval",
    approval: approval.id,
    status: status === "pending" ? "requested" : status,
    action: approval.digest,
    run: approval.run,
    by: answer === null ? undefined : cleanText(answer.by),
    reason: answer?.reason ? cleanText(answer.reason) : undefined,
  });
}
