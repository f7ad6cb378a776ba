import type { JsonValue } from "../../src/codec/json.ts";

/**
 * A value in memory, described in JSON: what no JSON text can hold must be refused too. One of
 *
 * `{ json }`, `{ object: [[key, value], ...] }`, `{ array: [value, ...] }`, `{ number: "NaN" }`, `{ utf16: hex }` (a
 * string by its code units), `{ bytes: hex }`, `{ integer: "1" }` (of any size), `{ nest: "array", depth }`, `{ undefined: true }`.
 */
export type ValuePlan = JsonValue;

/** Makes the value that a plan describes. */
export function buildValue(plan: ValuePlan): unknown {
  const [entry] = Object.entries(plan as object);
  if (entry === undefined) throw new Error("an empty plan");
  const [kind, value] = entry as [string, JsonValue];
  switch (kind) {
    case "json":
      return value;
    case "object":
      return Object.fromEntries(
        (value as readonly [string, ValuePlan][]).map(([key, member]) => [keyOf(key), buildValue(member)]),
      );
    case "array":
      return (value as readonly ValuePlan[]).map(buildValue);
    case "number":
      return Number(value);
    case "utf16":
      return fromUtf16(value as string);
    case "bytes":
      return new Uint8Array(Buffer.from(value as string, "hex"));
    case "integer":
      return BigInt(value as string);
    case "nest": {
      let nested: unknown = 1;
      for (let depth = (plan as { depth: number }).depth; depth > 0; depth--) {
        nested = value === "array" ? [nested] : { a: nested };
      }
      return nested;
    }
    case "undefined":
      return undefined;
    default:
      throw new Error(`no such plan: ${kind}`);
  }
}

/** A key is a text, or `{ utf16 }` where it is none. */
function keyOf(key: ValuePlan): string {
  return typeof key === "string" ? key : fromUtf16((key as { utf16: string }).utf16);
}

function fromUtf16(hex: string): string {
  return String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((unit) => Number.parseInt(unit, 16)));
}
