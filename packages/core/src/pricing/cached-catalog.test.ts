import { describe, expect, it, vi } from "vitest";
import { type CatalogSource, cachedCatalog, timeless } from "./cached-catalog.ts";
import type { ModelRates } from "./price-catalog.ts";

const rates = (input: bigint): ModelRates => ({ model: "m", provider: "p", input, output: 1n });

function source(find: CatalogSource["find"]) {
  return { find: vi.fn(find), tool: () => null, describe: vi.fn(() => "all of it") };
}

describe("a cached catalogue", () => {
  it("asks for a model once", () => {
    const made = source(() => timeless(rates(1n)));
    const catalog = cachedCatalog(made);
    expect(catalog.rates("p", "m", 0)).toBe(catalog.rates("p", "m", 1));
    expect(made.find).toHaveBeenCalledTimes(1);
  });

  it("remembers that a model is not known", () => {
    const made = source(() => timeless(null));
    const catalog = cachedCatalog(made);
    expect([catalog.rates("p", "m", 0), catalog.rates("p", "m", 0)]).toEqual([null, null]);
    expect(made.find).toHaveBeenCalledTimes(1);
  });

  it("asks again at the moment when what it knows runs out, and when time goes back before it", () => {
    const made = source((_, __, at) => {
      const from = Math.floor(at / 100) * 100;
      return { rates: rates(BigInt(from)), from, until: from + 100 };
    });
    const catalog = cachedCatalog(made);
    expect([100, 199, 200, 199].map((at) => catalog.rates("p", "m", at)?.input)).toEqual([
      100n,
      100n,
      200n,
      100n,
    ]);
    expect(made.find).toHaveBeenCalledTimes(3);
  });

  it("keeps providers apart, also from none", () => {
    const catalog = cachedCatalog(
      source((provider) => timeless({ ...rates(1n), provider: provider ?? "none" })),
    );
    expect([
      catalog.rates("a", "m", 0),
      catalog.rates(undefined, "m", 0),
      catalog.rates("b", "m", 0),
    ]).toEqual([
      expect.objectContaining({ provider: "a" }),
      expect.objectContaining({ provider: "none" }),
      expect.objectContaining({ provider: "b" }),
    ]);
  });

  it("forgets the oldest model rather than grow without end", () => {
    const made = source(() => timeless(null));
    const catalog = cachedCatalog(made);
    for (let index = 0; index < 2_001; index++) catalog.rates("p", `m${index}`, 0);
    made.find.mockClear();
    catalog.rates("p", "m2000", 0);
    catalog.rates("p", "m1", 0);
    expect(made.find).toHaveBeenCalledTimes(0);
    catalog.rates("p", "m0", 0);
    expect(made.find).toHaveBeenCalledTimes(1);
  });

  it("fills in the prices that have a default", () => {
    expect(cachedCatalog(source(() => timeless(rates(5n)))).rates("p", "m", 0)).toMatchObject({
      cacheRead: 5n,
      cacheWrite: 5n,
      perCall: 0n,
    });
  });

  it("makes its digest once, and only when somebody looks", () => {
    const made = source(() => timeless(null));
    const catalog = cachedCatalog(made);
    catalog.rates("p", "m", 0);
    expect(made.describe).not.toHaveBeenCalled();
    expect(catalog.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(catalog.digest).toBe(catalog.digest);
    expect(made.describe).toHaveBeenCalledTimes(1);
  });
});
