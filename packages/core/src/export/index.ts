/** Receipts in other systems' forms, and safe to show; the receipts stay the evidence. */

export { formatAmount, parseAmount } from "../action/amounts.ts";
export { letsThrough } from "../receipt/open-decisions.ts";
export { type AgtAuditEntry, type AgtAuditOptions, toAgtAudit } from "./agt-audit.ts";
export { toCsv } from "./csv.ts";
export {
  type DecidedReceipt,
  decidedReceipts,
  OpenActions,
  type Receipts,
} from "./decided-receipts.ts";
export { type DsseEnvelope, fromDsseEnvelope, toDsseEnvelope } from "./dsse-envelope.ts";
export { type OtlpLogRecord, type OtlpLogs, type OtlpLogsOptions, toOtlpLogs } from "./otlp-logs.ts";
export type { OtlpAttribute, OtlpValue } from "./otlp-value.ts";
export { parseReceipt } from "./parse-receipt.ts";
export { printableJson, printableText } from "./printable-text.ts";
