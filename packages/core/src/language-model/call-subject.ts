import type { Subject } from "../action/subject.ts";
import type { ModelCall } from "./language-model.ts";

/** A call's options without what is meant for the gate, and what was. */
export interface SubjectCall<Call> {
  readonly call: Call;
  /** From `providerOptions.tollgate`; the gate checks it. */
  readonly subject?: Subject;
}

/**
 * Takes `providerOptions: { tollgate: { user: "alice" } }` out of a call, so that no provider sees it.
 *
 * The subject is not checked here: the gate refuses unknown or malformed fields.
 */
export function takeSubject<Call extends ModelCall>(call: Call): SubjectCall<Call> {
  if (call.providerOptions?.tollgate === undefined) return { call };
  const { tollgate, ...providerOptions } = call.providerOptions;
  return { call: { ...call, providerOptions }, subject: tollgate as Subject };
}
