import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidAction } from "../errors.ts";
import { canonicalJson, maxJsonDepth } from "./canonical-json.ts";

const vectors = fileURLToPath(new URL("../../../../../shared/vectors/rfc8785/", import.meta.url));
const names = ["arrays", "french", "structures", "unicode", "values", "weird"];

describe("RFC 8785's own test data", () => {
  for (const name of names) {
    it.skipIf(!existsSync(vectors))(`${name} comes out byte for byte`, () => {
      const input: unknown = JSON.parse(readFileSync(`${vectors}input/${name}.json`, "utf8"));
      const expected = readFileSync(`${vectors}outhex/${name}.txt`, "utf8").trim().split(/\s+/).join("");
      expect(Buffer.from(canonicalJson(input)).toString("hex")).toBe(expected);
    });
  }
});

describe("canonical JSON", () => {
  it("means what the value means", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        // JSON has no negative zero: RFC 8785 writes 0.
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("does not depend on the order in which members were added", () => {
    const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 40,
    });
    fc.assert(
      fc.property(object, fc.infiniteStream(fc.nat()), (members, random) => {
        const shuffled = Object.entries(members)
          .map((entry) => ({ entry, rank: random.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry);
        expect(canonicalJson(Object.fromEntries(shuffled))).toBe(canonicalJson(members));
      }),
    );
  });

  it("is its own canonical form", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it("sorts integer-like keys as text, whatever order the engine keeps them in", () => {
    expect(canonicalJson({ "10": 1, "9": 2, a: 3, "": 4 })).toBe('{"":4,"10":1,"9":2,"a":3}');
  });

  it("sorts by UTF-16 code units, not by code points", () => {
    expect(canonicalJson({ "\ufb33": 1, "\u{1f600}": 2 })).toBe('{"\u{1f600}":2,"\ufb33":1}');
  });

  it("sorts many keys as it sorts few", () => {
    const keys = Array.from({ length: 200 }, (_, index) => `k${(index * 7919) % 1000}`);
    const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])));
    expect(Object.keys(JSON.parse(text))).toEqual([...new Set(keys)].sort());
  });

  it("writes numbers as ECMAScript does, with no negative zero", () => {
    expect(canonicalJson([-0, 1e21, 1e-7, 0.1, 333333333.3333333, 5e-324, 2 ** 53])).toBe(
      "[0,1e+21,1e-7,0.1,333333333.3333333,5e-324,9007199254740992]",
    );
  });

  it("escapes only what RFC 8785 escapes, in short and in long strings", () => {
    const raw = '\u0000\u0007\b\t\n\u000b\f\r\u001f"\\/\u007f\u2028€😀';
    const escaped = '\\u0000\\u0007\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\u007f\u2028€😀';
    expect(canonicalJson(raw)).toBe(`"${escaped}"`);
    expect(canonicalJson("x".repeat(100) + raw)).toBe(`"${"x".repeat(100)}${escaped}"`);
    expect(canonicalJson({ [raw]: 1 })).toBe(`{"${escaped}":1}`);
  });

  it("drops undefined members", () => {
    expect(canonicalJson({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}');
    expect(canonicalJson({ a: undefined })).toBe("{}");
    expect(canonicalJson({ a: undefined, b: 1 }, "receipt")).toBe('{"b":1}');
  });

  it("keeps an own __proto__ key", () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  it("takes objects without a prototype and plain objects of another realm", () => {
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
    expect(canonicalJson(runInNewContext("({ a: [1, { b: 2 }] })"))).toBe('{"a":[1,{"b":2}]}');
  });

  it("nests as deep as allowed and no deeper", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(canonicalJson(nested(maxJsonDepth))).toContain("1");
    expect(() => canonicalJson(nested(maxJsonDepth + 1))).toThrow(/nests more than 128 deep/);
  });

  it("refuses a cycle", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle)).toThrow(/nests more than 128 deep, or is a cycle/);
  });

  class Money {
    amount = 1;
  }
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is refused here
  const hole = [1, , 3];
  const refused: readonly [string, unknown, string][] = [
    ["undefined", undefined, "$ is undefined"],
    ["an undefined item", { items: [1, undefined] }, "$.items[1] is undefined"],
    ["an array hole", hole, "$[1] is undefined"],
    ["NaN", { a: { b: Number.NaN } }, "$.a.b is NaN"],
    ["infinity", [Number.NEGATIVE_INFINITY], "$[0] is -Infinity"],
    ["a bigint", { "odd key": 1n }, '$["odd key"] is a bigint'],
    ["a function", { a: [{}, { f: () => 1 }] }, "$.a[1].f is a function"],
    ["a toJSON method", { toJSON: () => 1 }, '$["toJSON"] is a function'],
    ["a symbol", Symbol("x"), "$ is a symbol"],
    ["a lone surrogate", { a: "\ud800" }, "$.a holds a lone surrogate"],
    ["a lone surrogate in a long text", [`${"x".repeat(100)}\udc00`], "$[0] holds a lone surrogate"],
    ["a lone surrogate in a key", { "\ud800": 1 }, "holds a lone surrogate"],
    ["a date", { at: new Date(0) }, "$.at is an object that is neither plain nor an array"],
    ["a map", new Map(), "neither plain nor an array"],
    ["bytes", new Uint8Array(1), "neither plain nor an array"],
    ["a boxed string", Object("text"), "neither plain nor an array"],
    ["a class instance", new Money(), "neither plain nor an array"],
    ["an object that inherits members", Object.create({ a: 1 }), "neither plain nor an array"],
  ];
  for (const [what, value, message] of refused) {
    it(`refuses ${what} and says where`, () => {
      expect(() => canonicalJson(value)).toThrow(InvalidAction);
      expect(() => canonicalJson(value)).toThrow(message);
      expect(() => canonicalJson(value, "receipt")).toThrow(InvalidAction);
    });
  }
});

describe("the receipt profile", () => {
  it("is the same text for what both profiles take", () => {
    const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,12}$/).filter((text) => text !== "__proto__");
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(fc.string({ unit: "grapheme" }), fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.dictionary(key, tie("value"), { maxKeys: 6, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (value) => {
        expect(canonicalJson(value, "receipt")).toBe(canonicalJson(value));
      }),
    );
  });

  const refused: readonly [string, unknown, string][] = [
    ["a fraction", { a: 0.5 }, "$.a is 0.5, not an integer"],
    ["an unsafe integer", { a: [2 ** 53] }, "$.a[0] is 9007199254740992, not an integer"],
    ["negative zero", { a: -0 }, "$.a is -0, not an integer"],
    ["an upper-case key", { a: { maxTokens: 1 } }, '$.a["maxTokens"] is a key that receipts may not have'],
    ["a key that starts with a digit", { "1a": 1 }, '$["1a"] is a key'],
    ["an empty key", { "": 1 }, '$[""] is a key'],
    ["a key beyond ASCII", { é: 1 }, '$["é"] is a key'],
    ["__proto__ as a key", JSON.parse('{"__proto__":1}'), "is a key"],
    ["a hyphen in a key", { "a-b": 1 }, '$["a-b"] is a key'],
  ];
  for (const [what, value, message] of refused) {
    it(`refuses ${what}, which plain JSON takes`, () => {
      expect(canonicalJson(value)).toBeTypeOf("string");
      expect(() => canonicalJson(value, "receipt")).toThrow(InvalidAction);
      expect(() => canonicalJson(value, "receipt")).toThrow(message);
    });
  }

  it("takes the keys that receipts have", () => {
    expect(canonicalJson({ _: 1, a_1: 2, z9: 3 }, "receipt")).toBe('{"_":1,"a_1":2,"z9":3}');
  });
});
