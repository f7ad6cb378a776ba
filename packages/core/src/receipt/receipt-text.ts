import { canonicalJson } from "../codec/canonical-json.ts";
import { decodeUtf8 } from "../codec/utf8.ts";
import { messageOf } from "../errors.ts";
import type { Receipt } from "./receipt.ts";
import { readReceipt } from "./receipt-schema.ts";
import { plainReceiptLength } from "./receipt-shape.ts";
import type { Flaw } from "./verify-report.ts";

/** A receipt as a reader may have it: a line of a log as text or as bytes, or the object. */
export type ReceiptInput = string | Uint8Array | Receipt;

/** Receipts in the order of their log. */
export type ReceiptStream = Iterable<ReceiptInput> | AsyncIterable<ReceiptInput>;

/** A receipt whose text is its canonical form. */
export interface ReceiptText {
  readonly receipt: Receipt;
  readonly json: string;
}

/**
 * Reads one receipt and checks its shape and that its text is the one canonical text of its content, so that
 * not even white space or a repeated key can change unnoticed.
 */
export function readReceiptText(input: ReceiptInput): ReceiptText | Flaw {
  let json: string;
  let value: unknown;
  try {
    // An object has no text of its own: it stands for its canonical form.
    if (typeof input === "string") json = input;
    else json = ArrayBuffer.isView(input) ? decodeUtf8(input) : canonicalJson(input, "receipt");
    value = JSON.parse(json);
  } catch (error) {
    return { reason: "not_json", message: messageOf(error) };
  }
  if (isPlainlyCanonical(value, json)) return { receipt: value as Receipt, json };
  const reading = readReceipt(value);
  if (reading.status !== "ok") return { reason: reading.status, message: reading.message };
  const problem = whyNotCanonical(value, json);
  if (problem !== null) return { reason: "not_canonical", message: problem };
  return { receipt: reading.receipt, json };
}

/** A member that is a fraction or has an exponent, or a text that looks like one, in a text without escapes. */
const oddNumber = /"\s*:\s*-?\d+[.eE]/;

/**
 * Whether this is a receipt in canonical form, as nearly every line is; no says nothing.
 *
 * Where the members are in order, whatever else is not canonical makes the text longer: white space, a member
 * twice, an escape, a sign, a leading zero. Only an exponent may make it shorter.
 */
function isPlainlyCanonical(value: unknown, json: string): boolean {
  const length = plainReceiptLength(value);
  if (length < 0) return false;
  if (!json.includes("\\")) return length === json.length && json.isWellFormed() && !oddNumber.test(json);
  // With escapes the engine's own JSON is canonical, apart from surrogates without a partner.
  return !json.includes("\\ud") && JSON.stringify(value) === json;
}

function whyNotCanonical(value: unknown, json: string): string | null {
  try {
    return canonicalJson(value, "receipt") === json ? null : "the text is not in canonical form";
  } catch (error) {
    return messageOf(error);
  }
}
