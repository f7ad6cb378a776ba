import type { DecisionBody, SettlementBody } from "../receipt/receipt.ts";
import { type DecidedReceipt, decidedReceipts, type Receipts } from "./decided-receipts.ts";
import { receiptAttributes } from "./otlp-attributes.ts";
import { type OtlpAttribute, otlpAttributes, type PlainMembers } from "./otlp-value.ts";
import { receiptSentence } from "./receipt-sentence.ts";

/** One log record in OTLP's JSON encoding (opentelemetry-proto, `LogRecord`). */
export interface OtlpLogRecord {
  /** Nanoseconds since 1970, as a decimal string. */
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  /** 9 is INFO, 13 WARN, 17 ERROR. */
  readonly severityNumber: 9 | 13 | 17;
  readonly severityText: "INFO" | "WARN" | "ERROR";
  /** `tollgate.` and the receipt's type. */
  readonly eventName: string;
  /** What happened, in a sentence. */
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly OtlpAttribute[];
}

/** Log records as a collector takes them: the body of a POST to `/v1/logs`, or a line of an OTLP file. */
export interface OtlpLogs {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly OtlpLogRecord[];
    }[];
  }[];
}

/** How receipts become log records. */
export interface OtlpLogsOptions {
  /** Attributes of the resource that they come from. @default `service.name` is `tollgate` */
  readonly resource?: Readonly<Record<string, string>>;
  /** The most records in one answer. @default 512 */
  readonly batch?: number;
}

/**
 * Every receipt as an OpenTelemetry log record, in order and in batches.
 *
 * The records have no trace or span id: receipts know none. Signatures do not come along: the receipts are the
 * evidence.
 */
export async function* toOtlpLogs(
  receipts: Receipts,
  { resource = { "service.name": "tollgate" }, batch = 512 }: OtlpLogsOptions = {},
): AsyncGenerator<OtlpLogs, void, void> {
  const wrap = (logRecords: readonly OtlpLogRecord[]): OtlpLogs => ({
    resourceLogs: [
      {
        resource: { attributes: otlpAttributes(resource) },
        scopeLogs: [{ scope: { name: "@tollgate/core" }, logRecords }],
      },
    ],
  });
  let records: OtlpLogRecord[] = [];
  for await (const decided of decidedReceipts(receipts)) {
    records.push(toOtlpLogRecord(decided));
    if (records.length < batch) continue;
    yield wrap(records);
    records = [];
  }
  if (records.length > 0) yield wrap(records);
}

/** One receipt, with the decision that it is about, as an OpenTelemetry log record. */
function toOtlpLogRecord(decided: DecidedReceipt): OtlpLogRecord {
  const { body } = decided.receipt;
  const time = `${BigInt(Date.parse(body.time)) * 1_000_000n}`;
  const attributes: PlainMembers = receiptAttributes(decided);
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    ...severityOf(decided),
    eventName: `tollgate.${body.type}`,
    body: { stringValue: receiptSentence(decided) },
    attributes: otlpAttributes(attributes),
  };
}

type Severity = Pick<OtlpLogRecord, "severityNumber" | "severityText">;

const info: Severity = { severityNumber: 9, severityText: "INFO" };
const warn: Severity = { severityNumber: 13, severityText: "WARN" };
const error: Severity = { severityNumber: 17, severityText: "ERROR" };

function severityOf({ receipt: { body } }: DecidedReceipt): Severity {
  switch (body.type) {
    case "decision":
      return severityOfDecision(body);
    case "settlement":
      return isRegular(body) ? info : warn;
    case "approval":
      return body.status === "denied" || body.status === "expired" ? warn : info;
    case "stop":
    case "adjustment":
      return warn;
    default:
      return info;
  }
}

/** Decisions that say that the gate could not decide, as opposed to having said no. */
const failures: ReadonlySet<string> = new Set([
  "identity_failed",
  "evaluator_failed",
  "pricing_failed",
  "ledger_failed",
  "store_failed",
  "receipt_log_failed",
  "signer_failed",
  "clock_went_back",
  "gate_closed",
]);

function severityOfDecision({ decision: { outcome, code, failure } }: DecisionBody): Severity {
  if (failure !== undefined || failures.has(code)) return error;
  return outcome === "allow" ? info : warn;
}

function isRegular({ outcome, overage, late }: SettlementBody): boolean {
  return outcome !== "expired" && late !== true && (overage === undefined || overage.length === 0);
}
