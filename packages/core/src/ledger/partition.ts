import type { Subject, SubjectField } from "../action/subject.ts";

/** What encodeURIComponent leaves as it is. */
const plain = /^[A-Za-z0-9\-_.!~*'()]*$/;

/**
 * Names the part of a budget that a subject draws on, such as `tenant=acme&user=alice`; empty when `by` is.
 *
 * Values are escaped as by encodeURIComponent, so that no two subjects share a name. Every field in `by`
 * must be present in the subject.
 */
export function partitionOf(by: readonly SubjectField[], subject: Subject): string {
  let text = "";
  for (const field of by) {
    const value = subject[field] ?? "";
    const escaped = plain.test(value) ? value : encodeURIComponent(value);
    text += text === "" ? `${field}=${escaped}` : `&${field}=${escaped}`;
  }
  return text;
}
