import type { MatchLogic, ModelInfo, Provider } from "@pydantic/genai-prices";

/** Finds a model among a provider's: by its exact id first, else as the catalogue says it is matched. */
export function findModel(provider: Provider, model: string): ModelInfo | null {
  return (
    findById(provider, model) ?? findByMatch(provider, model) ?? findByMatch(provider, dashedDate(model))
  );
}

/** Finds a model by its exact id; case does not count where no id has it right. */
export function findById(provider: Provider, model: string): ModelInfo | null {
  const lower = model.toLowerCase();
  return (
    provider.models.find((candidate) => candidate.id === model) ??
    provider.models.find((candidate) => candidate.id.toLowerCase() === lower) ??
    null
  );
}

/** Whether a provider is the one that models of this name come from. */
export function claims(provider: Provider, model: string): boolean {
  return provider.model_match !== undefined && matches(provider.model_match, model.toLowerCase());
}

function findByMatch(provider: Provider, model: string): ModelInfo | null {
  const lower = model.toLowerCase();
  return provider.models.find((candidate) => matches(candidate.match, lower)) ?? null;
}

/** `text` is in lower case. */
function matches(logic: MatchLogic, text: string): boolean {
  if ("or" in logic) return logic.or.some((part) => matches(part, text));
  if ("and" in logic) return logic.and.every((part) => matches(part, text));
  if ("equals" in logic) return text === logic.equals.toLowerCase();
  if ("starts_with" in logic) return text.startsWith(logic.starts_with.toLowerCase());
  if ("ends_with" in logic) return text.endsWith(logic.ends_with.toLowerCase());
  if ("contains" in logic) return text.includes(logic.contains.toLowerCase());
  return new RegExp(logic.regex).test(text);
}

/** Writes a date such as 20250514 with dashes: providers differ in it, and the catalogue knows one form. */
function dashedDate(model: string): string {
  return model.replace(
    /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g,
    (_, year: string, month: string, day: string) => `-${year}-${month}-${day}`,
  );
}
