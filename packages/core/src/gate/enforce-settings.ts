import type { ActionInput } from "../action/action.ts";
import type { JsonValue } from "../codec/json.ts";
import { changedParams } from "./changed-params.ts";
import { degradeFailed } from "./degrade-failed.ts";
import type { Permit } from "./permit.ts";

/** The settings of a call that a degrade may replace, each with the type that its value must have. */
export type Patchable = Readonly<Record<string, "number" | "string" | "boolean" | "object">>;

/**
 * What a degrade changed in the settings of a model call, to be spread over those of the call.
 *
 * A setting that a degrade replaces with null is undefined here, for the provider's own default.
 *
 * @throws ActionDenied when it changed what cannot be applied to such a call, such as the prompt
 */
export function enforceSettings(
  permit: Permit,
  asked: ActionInput,
  patchable: Patchable,
): Readonly<Record<string, JsonValue | undefined>> {
  if (!permit.decision.rewritten) return {};
  const changes = Object.entries(changedParams(asked, permit.action));
  for (const [setting, value] of changes) {
    if (!fits(patchable, setting, value)) {
      throw degradeFailed(permit, `a degrade sets ${setting}, which cannot be applied to this call`);
    }
  }
  return Object.fromEntries(changes.map(([setting, value]) => [setting, value ?? undefined]));
}

function fits(patchable: Patchable, setting: string, value: JsonValue): boolean {
  const type = Object.hasOwn(patchable, setting) ? patchable[setting] : undefined;
  return type !== undefined && (value === null || typeof value === type);
}
