import { InvalidConfig } from "@tollgate/core";
import { readPriceTable } from "@tollgate/core/policy";
import type { Node } from "yaml";
import { type Members, plainOf, readMap, readWord, report } from "./read-nodes.ts";
import type { Source } from "./source.ts";

/** The prices of a policy, gathered over all its files. */
export class PolicyPrices {
  readonly #models = new Map<string, unknown>();
  readonly #tools = new Map<string, unknown>();
  /** What happens to a model without a price, where a file says so. */
  unknown: "deny" | "allow" | null = null;

  /** Takes in what one file says; what makes no sense is reported and left out. */
  read(source: Source, node: Node | null): void {
    const prices = readMap(source, node, "prices", ["unknown", "models", "tools"]);
    const unknown = prices?.get("unknown");
    if (unknown !== undefined) {
      const word = readWord(source, unknown.node, "unknown", ["deny", "allow"]);
      if (this.unknown !== null && word !== this.unknown) {
        report(source, unknown.node, `another file says unknown: ${this.unknown}; say it in one place`);
      }
      this.unknown ??= word;
    }
    this.#add(source, prices, "models", this.#models);
    this.#add(source, prices, "tools", this.#tools);
  }

  /** The table for a gate; null when the policy gives no prices. */
  table(): { readonly models: object; readonly tools: object } | null {
    if (this.#models.size + this.#tools.size === 0) return null;
    return { models: Object.fromEntries(this.#models), tools: Object.fromEntries(this.#tools) };
  }

  #add(source: Source, prices: Members | null, part: "models" | "tools", known: Map<string, unknown>): void {
    const member = prices?.get(part);
    if (member === undefined) return;
    for (const [name, { key, node }] of readMap(source, member.node, part, null) ?? []) {
      if (known.has(name)) {
        report(source, key, `"${name}" has a price already; give it one`);
        continue;
      }
      const price = plainOf(node);
      try {
        readPriceTable({ [part]: { [name]: price } }, "prices");
        known.set(name, price);
      } catch (error) {
        if (!(error instanceof InvalidConfig)) throw error;
        report(source, node ?? key, `the price of "${name}": ${error.message.slice(error.field.length + 2)}`);
      }
    }
  }
}
