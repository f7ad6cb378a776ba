import { digestOf } from "../../src/codec/digest.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { SeededRandom } from "../seeded-random.ts";
import { signLine, type VectorSigner, vectorSigner } from "./signed-line.ts";

/** A stream of lines and what is asked of it. */
export interface Stream {
  readonly lines: readonly string[];
  readonly options: JsonObject;
}

const signers: ReadonlyMap<string, VectorSigner> = new Map(
  [1, 7, 8, 9].map((fill) => [vectorSigner(fill).kid, vectorSigner(fill)]),
);
const letters = ['"', "{", "}", ",", ":", " ", "0", "a", "A", "\\", "\u00e9", "-"];

/**
 * Streams that come from sound and broken ones by damage: to lines, to letters, and to what was signed. Of some,
 * beginnings may have been dropped.
 */
export function damagedStreams(sources: readonly Stream[], count: number, seed: number): readonly Stream[] {
  const random = new SeededRandom(seed);
  const below = (end: number): number => random.below(end);

  /** The stream with another value somewhere in one receipt, signed and linked anew by whoever signed it. */
  function rewritten(lines: readonly string[], at: number): readonly string[] {
    const receipts = lines.flatMap(readReceipt);
    if (receipts.length < lines.length) return lines;
    const donor = random.pick(receipts).body;
    const heads = new Map<JsonValue, string>();
    return receipts.map(({ body, kid }, index) => {
      const changed =
        index === at
          ? replaced(body, random.pick(pathsOf(body)), valueAt(donor, random.pick(pathsOf(donor))))
          : body;
      const linked = { ...changed, prev: heads.get(changed.chain ?? null) ?? null };
      const signer = signers.get(kid);
      if (signer === undefined) return lines[index] as string;
      const line = signLine(linked, signer, "json");
      heads.set(changed.chain ?? null, digestOf(line));
      return line;
    });
  }

  function damaged(lines: readonly string[]): readonly string[] {
    if (lines.length === 0) return lines;
    const at = below(lines.length);
    const line = lines[at] as string;
    switch (below(6)) {
      case 0:
        return lines.toSpliced(at, 1);
      case 1:
        return lines.toSpliced(below(lines.length + 1), 0, line);
      case 2: {
        const other = below(lines.length);
        return lines.with(at, lines[other] as string).with(other, line);
      }
      case 3: {
        const place = below(line.length);
        return lines.with(at, line.slice(0, place) + random.pick(letters) + line.slice(place + below(2)));
      }
      default:
        return rewritten(lines, at);
    }
  }

  return Array.from({ length: count }, () => {
    const { lines: sound, options } = random.pick(sources);
    const once = damaged(sound);
    const lines = below(3) === 0 ? damaged(once) : once;
    return { lines, options: below(3) === 0 ? { ...options, trimmed: true } : options };
  });
}

function readReceipt(line: string): readonly { readonly body: JsonObject; readonly kid: string }[] {
  try {
    const { body, kid } = JSON.parse(line);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? [{ body, kid }] : [];
  } catch {
    return [];
  }
}

/** Every way down into a value. */
function pathsOf(value: JsonValue): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  const below = Object.entries(value).flatMap(([name, member]) =>
    pathsOf(member).map((path) => [name, ...path]),
  );
  return below.length === 0 ? [[]] : below;
}

function valueAt(value: JsonValue, path: readonly string[]): JsonValue {
  return path.reduce<JsonValue>((at, name) => (at as JsonObject)[name] as JsonValue, value);
}

function replaced(value: JsonObject, [first, ...rest]: readonly string[], by: JsonValue): JsonObject {
  if (first === undefined) return value;
  const copy: Record<string, JsonValue> = structuredClone(value) as Record<string, JsonValue>;
  const parent = valueAt(copy, [first, ...rest].slice(0, -1)) as Record<string, JsonValue>;
  parent[[first, ...rest].at(-1) as string] = by;
  return copy;
}
