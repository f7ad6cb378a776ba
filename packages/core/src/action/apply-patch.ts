import { given } from "../codec/given.ts";
import type { JsonObject, JsonValue } from "../codec/json.ts";
import { isPlainObject } from "../codec/plain-object.ts";
import { InvalidAction } from "../errors.ts";
import type { Action, Patch } from "./action.ts";
import { jsonParams } from "./json-params.ts";

/**
 * Rewrites an action as a degrade demands; the action itself is left as it is.
 *
 * `model` becomes the name, members of `params` replace those of the action one level deep, and the output
 * limit becomes the lower of the two. An `inputTokens` of the caller is dropped when the parameters change:
 * it was a bound for the old ones. The answer shares nothing with the patch that could still be changed.
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
    ...given({
      inputTokens: params === undefined ? inputTokens : undefined,
      name: model,
      provider,
      params: params === undefined ? undefined : mergeParams(action.params, params),
      maxOutputTokens:
        maxOutputTokens === undefined
          ? undefined
          : Math.min(maxOutputTokens, action.maxOutputTokens ?? maxOutputTokens),
    }),
  });
}

function mergeParams(params: JsonValue, changes: JsonObject): JsonObject {
  if (!isPlainObject(params)) {
    throw new InvalidAction("params are not an object, so no member of them can be replaced");
  }
  const copy = jsonParams(changes);
  if (!isPlainObject(copy)) throw new InvalidAction("the params of a patch are not an object");
  if (!isWellFormed(changes)) {
    // The copy has its code units instead, and those would be sent.
    throw new InvalidAction("the params of a patch hold text that is not well formed, so it cannot be sent");
  }
  return Object.freeze({ ...params, ...copy });
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value !== "object" || value === null || Object.values(value).every(isWellFormed);
}
