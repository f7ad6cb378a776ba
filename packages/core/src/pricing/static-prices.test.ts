import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { staticPrices } from "./static-prices.ts";

describe("static prices", () => {
  const catalog = staticPrices({
    models: { "gpt-4o": { input: "$2.50", output: "$10" }, "xai/grok*": { perCall: "$1" } },
    tools: { search: "$0.01" },
  });

  it("have the models of their table and no others", () => {
    expect(catalog.rates("openai", "gpt-4o", 0)).toMatchObject({ model: "gpt-4o", input: 2_500_000_000n });
    expect(catalog.rates("openai", "gpt-4o-mini", 0)).toBeNull();
    expect(catalog.rates(undefined, "gpt-4o", 0)).toMatchObject({ provider: "custom", model: "gpt-4o" });
  });

  it("know a provider by the framework's name for it and by its common one", () => {
    const keyed = staticPrices({
      models: { "x-ai/grok*": { perCall: "$1" }, "my.proxy/m": { perCall: "$2" } },
    });
    expect(keyed.rates("xai.chat", "grok-4", 0)?.perCall).toBe(1_000_000_000n);
    expect(keyed.rates("my.proxy", "m", 0)?.perCall).toBe(2_000_000_000n);
    expect(keyed.rates("openai", "grok-4", 0)).toBeNull();
  });

  it("price tools", () => {
    expect(catalog.toolPrice?.("search")).toBe(10_000_000n);
    expect(catalog.toolPrice?.("fetch")).toBeNull();
  });

  it("have a digest that stands for the table", () => {
    const table = { models: { m: { perCall: "$1" } } };
    expect(staticPrices(table).digest).toBe(staticPrices({ models: { m: { perCall: "$1.00" } } }).digest);
    expect(staticPrices(table).digest).not.toBe(staticPrices({ models: { m: { perCall: "$2" } } }).digest);
  });

  it("are not changed by changing the table afterwards", () => {
    const table = { models: { m: { perCall: "$1" } } };
    const made = staticPrices(table);
    table.models.m.perCall = "$0";
    expect(made.rates(undefined, "m", 0)?.perCall).toBe(1_000_000_000n);
  });

  it("refuse nonsense when they are made", () => {
    expect(() => staticPrices({ models: { m: { input: "cheap" } } })).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field: 'prices.models["m"].input' }),
    );
  });
});
