import { sha256Hex } from "#sha256";
import type { JsonValue } from "../codec/json.ts";
import { InvalidAction } from "../errors.ts";

/** Parameters nested deeper than this are refused, so that a hostile value cannot exhaust the stack. */
const maxDepth = 100;

/**
 * Turns a call's parameters into JSON that can be digested, as a frozen copy that nobody can change later.
 *
 * Members that are undefined are left out (as JSON.stringify does); bytes become
 * `{ bytes: <length>, sha256: <hex> }`, a Date its ISO text, a URL its href, a bigint its decimal text.
 * What has a `toJSON` is asked for it.
 *
 * Text that is not well formed (it holds half a surrogate pair, as text does that was cut inside an emoji)
 * has no canonical JSON, though providers take it: it becomes `{ utf16: <hex> }`, four digits for each of its
 * code units in order, so that two different texts never have the same digest.
 *
 * @throws InvalidAction for functions, symbols, cycles, NaN, nesting beyond 100 levels, and members whose name
 * is not well formed.
 */
export function jsonParams(value: unknown): JsonValue {
  return value === undefined ? null : convert(value, "params", 0);
}

function convert(value: unknown, path: string, depth: number): JsonValue {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : codeUnits(value);
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new InvalidAction(`${path} is ${value}, which JSON cannot hold`);
      return value;
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? null : convertObject(value, path, depth);
    default:
      throw new InvalidAction(
        `${path} is a ${typeof value}, which cannot be digested; leave it out of params`,
      );
  }
}

function convertObject(value: object, path: string, depth: number): JsonValue {
  if (depth >= maxDepth) {
    throw new InvalidAction(`${path} is nested deeper than ${maxDepth} levels, or contains itself`);
  }
  if (Array.isArray(value)) {
    return Object.freeze(
      value.map((item, index) => (item === undefined ? null : convert(item, `${path}[${index}]`, depth + 1))),
    );
  }
  if (ArrayBuffer.isView(value)) {
    return digestBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (value instanceof ArrayBuffer) return digestBytes(new Uint8Array(value));
  if (value instanceof URL) return value.href;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return convert(value.toJSON(), path, depth + 1);
  }
  if (value instanceof Map || value instanceof Set) {
    throw new InvalidAction(
      `${path} is a ${value.constructor.name}, which JSON cannot hold; pass its entries`,
    );
  }
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    // A plain assignment would set the prototype instead of the member.
    if (key === "__proto__") throw new InvalidAction(`${path} has a member named __proto__`);
    if (!key.isWellFormed()) {
      throw new InvalidAction(
        `${path} has a member whose name holds half a surrogate pair: ${JSON.stringify(key)}`,
      );
    }
    copy[key] = convert(member, `${path}.${key}`, depth + 1);
  }
  return Object.freeze(copy);
}

function codeUnits(text: string): JsonValue {
  let utf16 = "";
  for (let index = 0; index < text.length; index++) {
    utf16 += text.charCodeAt(index).toString(16).padStart(4, "0");
  }
  return Object.freeze({ utf16 });
}

function digestBytes(bytes: Uint8Array): JsonValue {
  return Object.freeze({ bytes: bytes.byteLength, sha256: sha256Hex(bytes) });
}
