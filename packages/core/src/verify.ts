/** Verifying receipts, without anything that could sign them. */
export { chainOrigin, formatCheckpoint, parseCheckpoint, type TreeHead } from "./receipt/checkpoint-text.ts";
export { readEndorsement, verifyEndorsement } from "./receipt/endorsement.ts";
export { jwkThumbprint } from "./receipt/jwk-thumbprint.ts";
export { leafHash, MerkleFrontier } from "./receipt/merkle.ts";
export {
  type Consistency,
  consistencyProof,
  type Inclusion,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "./receipt/merkle-proof.ts";
export { proveReceipt, type ReceiptRef } from "./receipt/prove-receipt.ts";
export type {
  AdjustmentBody,
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
export { type ProofReason, type ProofReport, verifyProof } from "./receipt/receipt-proof.ts";
export type { ReceiptInput, ReceiptStream } from "./receipt/receipt-text.ts";
export { type ReplayedBalance, type ReplayOptions, replayBalances } from "./receipt/replay-balances.ts";
export { checkSignatures, type SignatureBatch, type SignatureChecker } from "./receipt/signature-batch.ts";
export {
  formatNote,
  formatNoteKey,
  isNoteSigned,
  type NoteKey,
  type NoteSignature,
  parseNote,
  parseNoteKey,
  type SignedNote,
} from "./receipt/signed-note.ts";
export { formatTlogProof, parseTlogProof, type TlogProof } from "./receipt/tlog-proof.ts";
export { verifyChain } from "./receipt/verify-chain.ts";
export type { Revocation, VerifyOptions } from "./receipt/verify-options.ts";
export type { Break, BreakReason, ChainSummary, Verdict, VerifyReport } from "./receipt/verify-report.ts";
