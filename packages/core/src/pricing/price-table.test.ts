import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { type PriceTable, readPriceTable } from "./price-table.ts";

const read = (table: unknown) => readPriceTable(table as PriceTable, "prices");

describe("a table of prices", () => {
  it("reads dollars per million tokens as exact integers", () => {
    const book = read({
      models: {
        "gpt-4o": { input: "$2.50", output: "$10", cacheRead: "$1.25", cacheWrite: "$3", perCall: "$0.18" },
      },
    });
    expect(book.model("openai", ["gpt-4o"])).toEqual({
      model: "gpt-4o",
      provider: "openai",
      input: 2_500_000_000n,
      output: 10_000_000_000n,
      cacheRead: 1_250_000_000n,
      cacheWrite: 3_000_000_000n,
      perCall: 180_000_000n,
    });
  });

  it("answers null for a model or a tool that it does not have", () => {
    const book = read({ models: { "gpt-4o": { perCall: "$1" } }, tools: { search: "$1" } });
    expect(book.model("openai", ["openai/gpt-4o-mini", "gpt-4o-mini"])).toBeNull();
    expect(book.tool("fetch")).toBeNull();
    expect(read({}).model("p", ["x"])).toBeNull();
  });

  it("takes a price per call alone as the whole price", () => {
    expect(read({ models: { m: { perCall: "$0.04" } } }).model("p", ["m"])).toEqual({
      model: "m",
      provider: "p",
      input: 0n,
      output: 0n,
      perCall: 40_000_000n,
    });
  });

  it("leaves output without a price where none is given: an embedding model", () => {
    expect(read({ models: { m: { input: "$0.02" } } }).model("p", ["m"])).not.toHaveProperty("output");
  });

  it("takes $0 for free", () => {
    expect(read({ models: { m: { input: "$0", output: "$0" } } }).model("p", ["m"])).toMatchObject({
      input: 0n,
      output: 0n,
    });
    expect(read({ tools: { free: "$0" } }).tool("free")).toBe(0n);
  });

  it("prefers an exact key, then the longer beginning, then the one with the provider", () => {
    const price = { perCall: "$1" };
    const names = ["openai/gpt-4o", "gpt-4o"];
    const keyFor = (...keys: string[]) =>
      read({ models: Object.fromEntries(keys.map((key) => [key, price])) }).model("openai", names)?.model;
    expect(keyFor("*", "gpt-4*", "openai/gpt-4o*", "gpt-4o")).toBe("gpt-4o");
    expect(keyFor("gpt-4o", "openai/gpt-4o")).toBe("openai/gpt-4o");
    expect(keyFor("*", "gpt-4o*", "openai/*")).toBe("openai/*");
    expect(keyFor("*", "gpt*", "gpt-4o*")).toBe("gpt-4o*");
    expect(keyFor("*", "mistral*")).toBe("*");
  });

  it("prices tools by name or beginning", () => {
    const book = read({ tools: { "search_*": "$0.01", search_web: "$0.02" } });
    expect(book.tool("search_web")).toBe(20_000_000n);
    expect(book.tool("search_docs")).toBe(10_000_000n);
  });

  it("has one canonical text, whatever the order and the spelling of the amounts", () => {
    const one = read({
      models: { a: { input: "$1", output: "$2.50" }, b: { perCall: "$1" } },
      tools: { t: "$1" },
    });
    const two = read({
      tools: { t: "$1.00" },
      models: { b: { perCall: "$1.0" }, a: { output: "$2.5", input: "$1" } },
    });
    const other = read({
      models: { a: { input: "$1", output: "$2.51" }, b: { perCall: "$1" } },
      tools: { t: "$1" },
    });
    expect(one.canonical).toBe(two.canonical);
    expect(one.canonical).not.toBe(other.canonical);
  });

  it.each<[string, unknown, string]>([
    ["an unknown member", { model: {} }, "prices.model"],
    ["a list for the table", [], "prices"],
    ["a list for the models", { models: [] }, "prices.models"],
    ["text for the tools", { tools: "x" }, "prices.tools"],
    ["an unknown member of a price", { models: { m: { inputs: "$1" } } }, 'prices.models["m"].inputs'],
    ["no price", { models: { m: {} } }, 'prices.models["m"]'],
    ["null for a price", { models: { m: null } }, 'prices.models["m"]'],
    ["output without input", { models: { m: { output: "$1", perCall: "$1" } } }, 'prices.models["m"].input'],
    ["output alone", { models: { m: { output: "$1" } } }, 'prices.models["m"]'],
    ["a number for a price", { models: { m: { input: 2.5 } } }, 'prices.models["m"].input'],
    ["a price without a dollar sign", { models: { m: { input: "2.5" } } }, 'prices.models["m"].input'],
    ["a negative price", { tools: { t: "$-1" } }, 'prices.tools["t"]'],
    ["a price in calls", { tools: { t: "1 calls" } }, 'prices.tools["t"]'],
    ["a star inside a key", { models: { "a*b": { perCall: "$1" } } }, 'prices.models["a*b"]'],
    ["a star inside a tool's key", { tools: { "a*b": "$1" } }, 'prices.tools["a*b"]'],
  ])("refuses %s and says where", (_, table, field) => {
    expect(() => read(table)).toThrow(expect.objectContaining({ constructor: InvalidConfig, field }));
  });
});
