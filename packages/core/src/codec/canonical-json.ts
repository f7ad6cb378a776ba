import { InvalidAction } from "../errors.ts";
import { isPlainObject } from "./plain-object.ts";

/**
 * What may be written: `json` is all of JSON; `receipt` is the part of it on which every language agrees
 * (keys `[a-z_][a-z0-9_]*` other than `__proto__`, integers within +-(2^53 - 1), no negative zero).
 */
export type JsonProfile = "json" | "receipt";

/** How deep arrays and objects may nest; a cycle ends here too. */
export const maxJsonDepth = 128;

/**
 * Writes a value as canonical JSON (RFC 8785): the one text that its digest and signature are made over.
 *
 * Object members that are undefined are dropped, as JSON.stringify does, in both profiles; keys are sorted
 * by UTF-16 code units; -0 becomes 0 under `json`. Refused: undefined elsewhere (array holes included),
 * NaN, infinities, bigint, functions, symbols, lone surrogates, objects that are neither plain nor arrays,
 * nesting deeper than {@link maxJsonDepth}.
 *
 * @throws InvalidAction naming the place as a path such as `$.params.items[3]`.
 */
export function canonicalJson(value: unknown, profile: JsonProfile = "json"): string {
  return write(value, { restricted: profile === "receipt", path: [] }, 0);
}

/** One walk: `path` holds the keys from the root to the value at hand, as deep as the walk is. */
interface Walk {
  readonly restricted: boolean;
  readonly path: (string | number)[];
}

function write(value: unknown, walk: Walk, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value, walk, depth);
    case "number":
      return writeNumber(value, walk, depth);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= maxJsonDepth) refuse(walk, depth, `nests more than ${maxJsonDepth} deep, or is a cycle`);
      return Array.isArray(value)
        ? writeArray(value, walk, depth)
        : writeObject(value as Readonly<Record<string, unknown>>, walk, depth);
    default:
      return refuse(walk, depth, `is ${typeof value === "undefined" ? "" : "a "}${typeof value}`);
  }
}

function writeArray(items: readonly unknown[], walk: Walk, depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index++) {
    walk.path[depth] = index;
    text += (index === 0 ? "" : ",") + write(items[index], walk, depth + 1);
  }
  return `${text}]`;
}

function writeObject(object: Readonly<Record<string, unknown>>, walk: Walk, depth: number): string {
  if (!isPlainObject(object)) refuse(walk, depth, "is an object that is neither plain nor an array");
  const keys = Object.keys(object);
  sort(keys);
  let text = "";
  for (const key of keys) {
    const member = object[key];
    if (member === undefined) continue;
    walk.path[depth] = key;
    if (walk.restricted) {
      if (!isReceiptKey(key)) refuse(walk, depth + 1, "is a key that receipts may not have");
      text += `${text === "" ? '{"' : ',"'}${key}":${write(member, walk, depth + 1)}`;
    } else {
      text += `${text === "" ? "{" : ","}${writeString(key, walk, depth + 1)}:${write(member, walk, depth + 1)}`;
    }
  }
  return text === "" ? "{}" : `${text}}`;
}

function writeNumber(value: number, walk: Walk, depth: number): string {
  if (walk.restricted) {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      refuse(walk, depth, `is ${Object.is(value, -0) ? "-0" : value}, not an integer within +-(2^53 - 1)`);
    }
  } else if (!Number.isFinite(value)) {
    refuse(walk, depth, `is ${value}, which JSON cannot hold`);
  }
  // ECMAScript's own number form is the one that RFC 8785, section 3.2.2.3, prescribes.
  return `${value}`;
}

/** Above this length the engine's own search for what needs escaping wins over a loop. */
const shortString = 48;

function writeString(text: string, walk: Walk, depth: number): string {
  if (text.length <= shortString) {
    let index = 0;
    for (; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit >= 0xd800) break;
    }
    if (index === text.length) return `"${text}"`;
  }
  if (!text.isWellFormed()) refuse(walk, depth, "holds a lone surrogate");
  // Escapes exactly what RFC 8785, section 3.2.2.2, prescribes once there are no lone surrogates.
  return JSON.stringify(text);
}

/** Sorts by UTF-16 code units; insertion, as keys are few and mostly in order already. */
function sort(keys: string[]): void {
  if (keys.length > 24) {
    keys.sort();
    return;
  }
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] as string;
    let at = end;
    for (let before = keys[at - 1] as string; at > 0 && before > key; before = keys[at - 1] as string) {
      keys[at--] = before;
    }
    keys[at] = key;
  }
}

function isReceiptKey(key: string): boolean {
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    const letter = (unit >= 0x61 && unit <= 0x7a) || unit === 0x5f;
    if (!letter && (index === 0 || unit < 0x30 || unit > 0x39)) return false;
  }
  // Schema checkers skip __proto__, so that nobody would look at what it holds.
  return key !== "" && key !== "__proto__";
}

function refuse(walk: Walk, depth: number, problem: string): never {
  let path = "$";
  for (const key of walk.path.slice(0, depth)) {
    path += typeof key === "number" ? `[${key}]` : isReceiptKey(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  throw new InvalidAction(`${path} ${problem}`);
}
