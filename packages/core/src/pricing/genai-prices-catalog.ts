import { findProvider, type Provider } from "@pydantic/genai-prices";
import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
import { cachedCatalog, timeless } from "./cached-catalog.ts";
import { findRates, type Providers } from "./catalog-lookup.ts";
import type { PriceCatalog } from "./price-catalog.ts";
import { type PriceTable, readPriceTable } from "./price-table.ts";
import { type CatalogProvider, catalogProviders, namesOf, ownPrices } from "./provider-names.ts";

/** Options of {@link genaiPrices}. */
export interface GenaiPricesOptions {
  /** Prices of one's own; they win over the catalogue's. @default {} */
  readonly overrides?: PriceTable;
}

/**
 * The prices that come with Tollgate: those of `@pydantic/genai-prices`, as of the installed version.
 *
 * Nothing is fetched. The digest is made over all of its prices and the overrides, so two catalogues with
 * the same digest price everything alike. A model without a price is unknown, never free; tools have only
 * the prices that the overrides give.
 *
 * @throws InvalidConfig naming the override that makes no sense.
 */
export function genaiPrices(options: GenaiPricesOptions = {}): PriceCatalog {
  const overrides = readPriceTable(options.overrides ?? {}, "prices");
  let loaded: Providers | null = null;
  // Taken once, so that the digest stays true when somebody updates the package's prices meanwhile.
  const providers = (): Providers => {
    loaded ??= new Map(catalogProviders.flatMap((id) => entryOf(id)));
    return loaded;
  };
  return cachedCatalog({
    find(provider, model, at) {
      const own = overrides.model(provider ?? ownPrices, namesOf(provider, model));
      return own === null ? findRates(providers(), provider, model.trim(), at) : timeless(own);
    },
    tool: overrides.tool,
    describe: () =>
      canonicalJson({
        catalog: "@pydantic/genai-prices",
        data: digestOf(dataText(providers())),
        overrides: overrides.canonical,
      }),
  });
}

function entryOf(id: CatalogProvider): [CatalogProvider, Provider][] {
  const provider = findProvider({ providerId: id });
  return provider?.id === id ? [[id, provider]] : [];
}

/** What prices depend on, as JSON with members in the package's own order. */
function dataText(providers: Providers): string {
  return JSON.stringify(
    [...providers.values()].map(({ id, model_match, fallback_model_providers, models }) => ({
      id,
      model_match,
      fallback_model_providers,
      models: models.map(({ id: model, match, prices }) => ({ id: model, match, prices })),
    })),
  );
}
