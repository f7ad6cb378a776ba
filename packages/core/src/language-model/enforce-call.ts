import type { ActionInput } from "../action/action.ts";
import { enforceSettings, type Patchable } from "../gate/enforce-settings.ts";
import type { Permit } from "../gate/permit.ts";
import type { LanguageCall } from "./language-model.ts";

/** The settings of a model call that a degrade may replace through its `params`. */
const patchable: Patchable = {
  temperature: "number",
  topP: "number",
  topK: "number",
  presencePenalty: "number",
  frequencyPenalty: "number",
  seed: "number",
  stopSequences: "object",
  reasoning: "string",
};

/**
 * The call options to send for a permit: with its output limit, and every setting that a degrade changed.
 *
 * @throws ActionDenied when a degrade changed what cannot be applied here, such as the prompt.
 */
export function enforceCall<Call extends LanguageCall>(permit: Permit, asked: ActionInput, call: Call): Call {
  const { maxOutputTokens } = permit.action;
  const limited = maxOutputTokens === undefined ? call : { ...call, maxOutputTokens };
  return permit.decision.rewritten ? { ...limited, ...enforceSettings(permit, asked, patchable) } : limited;
}
