import type { ModelInfo, Provider } from "@pydantic/genai-prices";
import { type TimedRates, timeless } from "./cached-catalog.ts";
import { ratesOf } from "./catalog-rates.ts";
import { claims, findById, findModel } from "./model-match.ts";
import type { ModelRates } from "./price-catalog.ts";
import { priceAt } from "./price-schedule.ts";
import { type CatalogProvider, catalogProvider } from "./provider-names.ts";

/** The catalogue's data by provider. */
export type Providers = ReadonlyMap<CatalogProvider, Provider>;

/**
 * Looks a model's rates up: with its provider; else with the vendor that its id names, as gateways' ids do
 * (`openai/gpt-4o`); else by its id alone, if that leaves no doubt. Slow: the caller caches.
 */
export function findRates(
  providers: Providers,
  provider: string | undefined,
  model: string,
  at: number,
): TimedRates {
  const named = provider === undefined ? null : catalogProvider(provider);
  if (named !== null) return ratesWith(providers, named, model, at);
  const slash = model.indexOf("/");
  const vendor = slash === -1 ? null : catalogProvider(model.slice(0, slash));
  if (vendor !== null) return ratesWith(providers, vendor, model.slice(slash + 1), at);
  return ratesAnywhere(providers, model, at);
}

/** With one provider, or with those whose models it sells at their price. */
function ratesWith(providers: Providers, id: CatalogProvider, model: string, at: number): TimedRates {
  const provider = providers.get(id);
  if (provider === undefined) return timeless(null);
  const makers = (provider.fallback_model_providers ?? []).flatMap((maker) => {
    const found = providers.get(maker as CatalogProvider);
    return found === undefined ? [] : [found];
  });
  for (const seller of [provider, ...makers]) {
    const info = findModel(seller, model);
    if (info !== null) return ratesFrom(seller, info, at);
  }
  return timeless(null);
}

/**
 * By the model's id alone: with the provider that such models come from, else with all that list this very
 * id. Several must agree on the price; otherwise it is not known.
 */
function ratesAnywhere(providers: Providers, model: string, at: number): TimedRates {
  const all = [...providers.values()];
  const asked = ratesOfAll(
    all.filter((provider) => claims(provider, model)),
    model,
    at,
    findModel,
  );
  if (asked.every(({ rates }) => rates === null)) asked.push(...ratesOfAll(all, model, at, findById));
  const found = asked.flatMap(({ rates }) => (rates === null ? [] : [rates]));
  const [first = null] = found;
  const agreed = found.every((rates) => priceText(rates) === priceText(first));
  return {
    rates: agreed ? first : null,
    // As long as nobody's price changes, the answer does not.
    from: Math.max(Number.NEGATIVE_INFINITY, ...asked.map(({ from }) => from)),
    until: Math.min(Number.POSITIVE_INFINITY, ...asked.map(({ until }) => until)),
  };
}

function ratesOfAll(
  sellers: readonly Provider[],
  model: string,
  at: number,
  find: typeof findModel,
): TimedRates[] {
  return sellers.flatMap((seller) => {
    const info = find(seller, model);
    return info === null ? [] : [ratesFrom(seller, info, at)];
  });
}

function ratesFrom(provider: Provider, info: ModelInfo, at: number): TimedRates {
  const price = priceAt(info.prices, at);
  if (price === null) return timeless(null);
  return { rates: ratesOf(provider.id, info.id, price.prices), from: price.from, until: price.until };
}

/** The prices alone, so that they can be compared. */
function priceText(rates: ModelRates | null): string {
  return JSON.stringify({ ...rates, model: "", provider: "" }, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}
