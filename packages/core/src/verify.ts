/** Verifying receipts, without anything that could sign them. */
export { jwkThumbprint } from "./receipt/jwk-thumbprint.ts";
export type {
  ApprovalBody,
  CheckpointBody,
  CheckpointHead,
  CloseBody,
  DecisionBody,
  Endorsement,
  KeyBody,
  PublicJwk,
  Receipt,
  ReceiptBody,
  ReceiptClaim,
  SettlementBody,
  StopBody,
} from "./receipt/receipt.ts";
export { receiptLines } from "./receipt/receipt-lines.ts";
export type { ReceiptInput, ReceiptStream } from "./receipt/receipt-text.ts";
export { type ReplayedBalance, replayBalances } from "./receipt/replay-balances.ts";
export { checkSignatures, type SignatureBatch, type SignatureChecker } from "./receipt/signature-batch.ts";
export { verifyChain } from "./receipt/verify-chain.ts";
export type { Revocation, VerifyOptions } from "./receipt/verify-options.ts";
export type { Break, BreakReason, ChainSummary, Verdict, VerifyReport } from "./receipt/verify-report.ts";
