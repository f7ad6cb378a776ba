import { readObject, readRecord } from "../action/config-values.ts";
import { checkPattern, namePattern } from "../action/name-pattern.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import type { JsonObject } from "../codec/json.ts";
import { InvalidConfig } from "../errors.ts";
import { parseDollars } from "./nano-dollars.ts";
import type { ModelRates } from "./price-catalog.ts";

/**
 * A model's price as people write it, in dollars per million tokens, such as `"$2.50"`.
 *
 * Give `input` and `output`, or `perCall`, or both; an embedding model needs no `output`.
 */
export interface ModelPrice {
  readonly input?: string;
  readonly output?: string;
  /** @default input */
  readonly cacheRead?: string;
  /** @default input */
  readonly cacheWrite?: string;
  /** Dollars for each call, such as `"$0.18"`. @default "$0" */
  readonly perCall?: string;
}

/** Prices of one's own. */
export interface PriceTable {
  /**
   * By model id (`gpt-4o`), provider and model id (`openai/gpt-4o`), or the beginning of one (`gpt-4o*`).
   *
   * An exact key wins over a beginning, a longer beginning over a shorter one, and of two alike the one
   * with the provider.
   */
  readonly models?: Readonly<Record<string, ModelPrice>>;
  /** Dollars for each call by tool name (`web_search`) or the beginning of one (`search_*`). */
  readonly tools?: Readonly<Record<string, string>>;
}

/** A checked {@link PriceTable}. */
export interface PriceBook {
  /** The rates of the key that fits best; `names` are the model's, best first. Null when none fits. */
  model(provider: string, names: readonly string[]): ModelRates | null;
  /** Nano-dollars for each call of a tool, or null when the table has no price for it. */
  tool(name: string): bigint | null;
  /** The table's canonical JSON: what its digest is made over. */
  readonly canonical: string;
}

const priceMembers = ["input", "output", "cacheRead", "cacheWrite", "perCall"] as const;

/**
 * Checks a table of prices.
 *
 * @throws InvalidConfig naming the member under `field` that is wrong.
 */
export function readPriceTable(table: PriceTable, field: string): PriceBook {
  readObject(table, field, ["models", "tools"]);
  const models = new Map<string, Omit<ModelRates, "provider">>();
  for (const [key, price] of entriesOf(table.models, `${field}.models`)) {
    const path = `${field}.models["${key}"]`;
    checkPattern(key, path);
    models.set(key, { model: key, ...readModelPrice(price, path) });
  }
  const tools = new Map<string, bigint>();
  for (const [key, price] of entriesOf(table.tools, `${field}.tools`)) {
    const path = `${field}.tools["${key}"]`;
    checkPattern(key, path);
    tools.set(key, parseDollars(price, path));
  }
  const matchModel = namePattern([...models.keys()], `${field}.models`);
  const matchTool = namePattern([...tools.keys()], `${field}.tools`);
  return {
    model(provider, names) {
      let best: string | null = null;
      for (const name of names) {
        const key = matchModel(name);
        if (key !== null && (best === null || isCloser(key, best))) best = key;
      }
      const rates = best === null ? undefined : models.get(best);
      return rates === undefined ? null : { provider, ...rates };
    },
    tool(name) {
      const key = matchTool(name);
      return key === null ? null : (tools.get(key) ?? null);
    },
    canonical: canonicalJson({ models: textual(models), tools: textual(tools) }),
  };
}

function readModelPrice(price: ModelPrice, field: string): Omit<ModelRates, "provider" | "model"> {
  readObject(price, field, priceMembers);
  const read: { -readonly [Member in (typeof priceMembers)[number]]?: bigint } = {};
  for (const member of priceMembers) {
    const text = price[member];
    if (text !== undefined) read[member] = parseDollars(text, `${field}.${member}`);
  }
  if (read.input === undefined) {
    if (read.perCall === undefined) {
      throw new InvalidConfig(
        field,
        'needs input (and output) per million tokens, or perCall; "$0" if it is free',
      );
    }
    const stray = priceMembers.find((member) => member !== "perCall" && read[member] !== undefined);
    if (stray !== undefined) {
      throw new InvalidConfig(`${field}.input`, `is missing beside ${stray}; write "$0" if it is free`);
    }
    return { input: 0n, output: 0n, perCall: read.perCall };
  }
  return { ...read, input: read.input };
}

/** An exact key before a beginning, then the longer one; the first of two alike stays. */
function isCloser(key: string, than: string): boolean {
  const exact = !key.endsWith("*");
  if (exact !== !than.endsWith("*")) return exact;
  return !exact && key.length > than.length;
}

function entriesOf<T>(record: Readonly<Record<string, T>> = {}, field: string): [string, T][] {
  readRecord(record, field);
  return Object.entries(record);
}

function textual(entries: ReadonlyMap<string, unknown>): JsonObject {
  const text = JSON.stringify([...entries], (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return Object.fromEntries(JSON.parse(text));
}
