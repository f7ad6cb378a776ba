import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { ActionDenied, type ActionInput, type JsonValue, type Permit } from "@tollgate/core";
import { changedParams } from "@tollgate/core/adapter";

/** The settings of a model call that a degrade may replace through its `params`. */
const patchable = {
  temperature: "number",
  topP: "number",
  topK: "number",
  presencePenalty: "number",
  frequencyPenalty: "number",
  seed: "number",
  stopSequences: "object",
  reasoning: "string",
} as const satisfies { readonly [Setting in keyof LanguageModelV4CallOptions]?: string };

/**
 * The call options to send for a permit: with its output limit, and every setting that a degrade changed.
 *
 * A setting that a degrade replaces with null is left out, for the provider's own default.
 *
 * @throws ActionDenied when a degrade changed what cannot be applied here, such as the prompt.
 */
export function enforceCall(
  permit: Permit,
  asked: ActionInput,
  call: LanguageModelV4CallOptions,
): LanguageModelV4CallOptions {
  const { maxOutputTokens } = permit.action;
  const limited = maxOutputTokens === undefined ? call : { ...call, maxOutputTokens };
  if (!permit.decision.rewritten) return limited;
  const changes = changedParams(asked, permit.action);
  for (const [setting, value] of Object.entries(changes)) {
    if (!fits(setting, value)) {
      throw degradeFailed(permit, `a degrade sets ${setting}, which cannot be applied to an AI SDK call`);
    }
  }
  const settings = Object.entries(changes).map(([setting, value]) => [setting, value ?? undefined]);
  return { ...limited, ...Object.fromEntries(settings) };
}

/** The refusal of a permitted call whose degrade cannot be applied: it must not go out unmodified. */
export function degradeFailed(permit: Permit, reason: string): ActionDenied {
  const { kind, name } = permit.action;
  const action = { kind, name };
  return new ActionDenied({
    reasonCode: "degrade_failed",
    reason,
    terminal: false,
    receiptId: permit.id,
    action,
  });
}

function fits(setting: string, value: JsonValue): boolean {
  const type = Object.hasOwn(patchable, setting) ? patchable[setting as keyof typeof patchable] : undefined;
  return type !== undefined && (value === null || typeof value === type);
}
