import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
import type { JsonValue } from "../codec/json.ts";
import type { Action } from "./action.ts";

/** An action's digest, and the canonical text of its parameters (which the token counter measures). */
export interface DigestedAction {
  /** `sha256:` and hex. */
  readonly digest: string;
  readonly paramsJson: string;
}

/**
 * Digests what the action is: SHA-256 over the RFC 8785 form of its kind, name, provider, params, limits,
 * amounts, capability and subject; not its key, step or attempt, so that a retry has the same digest.
 */
export function digestAction(action: Action): DigestedAction {
  const paramsJson = canonicalJson(action.params);
  const head: Record<string, JsonValue> = {
    kind: action.kind,
    name: action.name,
    subject: action.subject as Readonly<Record<string, JsonValue>>,
  };
  if (action.provider !== undefined) head.provider = action.provider;
  if (action.maxOutputTokens !== undefined) head.max_output_tokens = action.maxOutputTokens;
  if (action.capability !== undefined) head.capability = action.capability;
  const amounts = Object.entries(action.amounts);
  if (amounts.length > 0) {
    head.amounts = Object.fromEntries(amounts.map(([unit, amount]) => [unit, amount.toString()]));
  }
  // The parameters' text is spliced in rather than written twice: it can be a whole prompt.
  return { digest: digestOf(`{"action":${canonicalJson(head)},"params":${paramsJson}}`), paramsJson };
}
