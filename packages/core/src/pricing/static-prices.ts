import { cachedCatalog, timeless } from "./cached-catalog.ts";
import type { PriceCatalog } from "./price-catalog.ts";
import { type PriceTable, readPriceTable } from "./price-table.ts";
import { namesOf, ownPrices } from "./provider-names.ts";

/**
 * A catalogue of one's own prices and no others: for tests, models of one's own, and prices under contract.
 *
 * @throws InvalidConfig naming the price that makes no sense.
 */
export function staticPrices(table: PriceTable): PriceCatalog {
  const book = readPriceTable(table, "prices");
  return cachedCatalog({
    find: (provider, model) => timeless(book.model(provider ?? ownPrices, namesOf(provider, model))),
    tool: book.tool,
    describe: () => book.canonical,
  });
}
