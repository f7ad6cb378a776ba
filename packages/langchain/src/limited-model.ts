import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { Settings } from "./bound-settings.ts";
import { outputLimit } from "./to-action.ts";

/** The fields in which LangChain's models keep their output limit. */
const fields = ["maxTokens", "maxOutputTokens", "numPredict", "maxCompletionTokens"] as const;

/**
 * A model that differs in its output limit alone, or null where that cannot be brought about.
 *
 * It shares all else with the original, which stays as it was. That it works is read back from what the model
 * says it will send; call options alone are dropped in silence by most clients.
 */
export function limitedModel(model: BaseChatModel, limit: number, settings: Settings): BaseChatModel | null {
  for (const field of fields) {
    if (!(field in model)) continue;
    try {
      const limited = derive(model, field, limit);
      if (outputLimit(limited.invocationParams(settings)) === limit) return limited;
    } catch {
      // A model that cannot be derived from: the next field may do, or nothing does.
    }
  }
  return null;
}

function derive(model: BaseChatModel, field: string, limit: number): BaseChatModel {
  const derived: BaseChatModel = Object.create(model);
  const own = Object.entries(model).flatMap(([name, part]) =>
    // Some models only hand on to others that they hold, each with a limit of its own.
    part instanceof BaseChatModel ? [[name, derive(part, field, limit)] as const] : [],
  );
  for (const [name, value] of [[field, limit] as const, ...own]) {
    Object.defineProperty(derived, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return derived;
}
