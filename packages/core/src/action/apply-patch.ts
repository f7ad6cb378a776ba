import type { JsonObject, JsonValue } from "../codec/json.ts";
import { InvalidAction } from "../errors.ts";
import type { Action, Patch } from "./action.ts";

/**
 * Rewrites an action as a degrade demands; the action itself is left as it is.
 *
 * `model` becomes the name, members of `params` replace those of the action one level deep, and the output
 * limit becomes the lower of the two. An `inputTokens` of the caller is dropped when the parameters change:
 * it was a bound for the old ones.
 *
 * @throws InvalidAction when the patch does not fit the action: it must not go out unmodified then.
 */
export function applyPatch(action: Action, patch: Patch): Action {
  const { model, provider, params, maxOutputTokens } = patch;
  if (maxOutputTokens !== undefined && action.kind === "tool") {
    throw new InvalidAction(
      `a tool call has no output limit that could be lowered to ${maxOutputTokens} tokens`,
    );
  }
  const { inputTokens, ...rest } = action;
  return Object.freeze({
    ...rest,
    ...(inputTokens === undefined || params !== undefined ? {} : { inputTokens }),
    ...(model === undefined ? {} : { name: model }),
    ...(provider === undefined ? {} : { provider }),
    ...(params === undefined ? {} : { params: mergeParams(action.params, params) }),
    ...(maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: Math.min(maxOutputTokens, action.maxOutputTokens ?? maxOutputTokens) }),
  });
}

function mergeParams(params: JsonValue, changes: JsonObject): JsonObject {
  if (!isObject(params)) {
    throw new InvalidAction("params are not an object, so no member of them can be replaced");
  }
  return { ...params, ...changes };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
