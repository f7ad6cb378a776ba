import type { Action, ActionInput } from "../action/action.ts";
import { jsonParams } from "../action/json-params.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import type { JsonObject, JsonValue } from "../codec/json.ts";
import { isPlainObject } from "../codec/plain-object.ts";

/**
 * The members of an action's parameters that a degrade changed, with the values to be sent instead.
 *
 * Empty where nothing was rewritten. An adapter must apply every one of them to the call that it makes, or
 * refuse: the rest of the call can stay as it was, also where digests stand for bytes in `enforced.params`.
 */
export function changedParams(asked: ActionInput, enforced: Action): JsonObject {
  const before = jsonParams(asked.params);
  const after = enforced.params;
  if (!isPlainObject(after)) return {};
  const changed = Object.entries(after).filter(
    ([name, value]) =>
      !isPlainObject(before) || !Object.hasOwn(before, name) || !isSame(before[name] ?? null, value),
  );
  return Object.fromEntries(changed);
}

function isSame(before: JsonValue, after: JsonValue): boolean {
  return before === after || canonicalJson(before) === canonicalJson(after);
}
