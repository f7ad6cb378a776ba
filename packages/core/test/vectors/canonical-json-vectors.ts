import type { JsonObject } from "../../src/codec/json.ts";
import { canonicalTexts, otherBytes, otherTexts } from "./json-texts.ts";
import { invalid, type VectorFileContent, type VectorGroup, type VectorTest, valid } from "./vector-file.ts";

/** Source text written as parts that repeat, where it is too long to print. */
function repeated(...parts: readonly (readonly [string, number])[]): JsonObject {
  return { inputRepeat: parts.map(([text, times]) => [text, times]) };
}

const nested = (open: string, close: string, depth: number): JsonObject =>
  repeated([open, depth], ["1", 1], [close, depth]);

const taken: readonly (readonly [string, readonly string[], string, string])[] = [
  ["an empty object", [], "{}", "{}"],
  ["an empty array", [], " [ ] ", "[]"],
  ["literals", [], "[true, false, null]", "[true,false,null]"],
  ["white space", ["Whitespace"], '{\r\n\t"a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
  ["keys out of order", ["KeyOrder"], '{"b":1,"a":2,"_":3}', '{"_":3,"a":2,"b":1}'],
  ["a key that begins another", ["KeyOrder"], '{"ab":1,"a_":2,"a":3}', '{"a":3,"a_":2,"ab":1}'],
  ["digits before _ before letters", ["KeyOrder"], '{"aa":1,"a_":2,"a0":3}', '{"a0":3,"a_":2,"aa":1}'],
  ["more than 24 keys", ["KeyOrder"], manyKeys(false), manyKeys(true)],
  [
    "every letter that a key may have",
    ["Keys"],
    '{"z9":1,"az_09":2,"abcdefghijklmnopqrstuvwxyz_0123456789":3}',
    '{"abcdefghijklmnopqrstuvwxyz_0123456789":3,"az_09":2,"z9":1}',
  ],
  [
    "nested objects are sorted too",
    ["KeyOrder"],
    '{"a":[{"d":1,"c":{"f":1,"e":2}}]}',
    '{"a":[{"c":{"e":2,"f":1},"d":1}]}',
  ],
  ["a key written with an escape", ["Escapes"], '{"\\u0061":1}', '{"a":1}'],
  ["0", ["Numbers"], "0", "0"],
  ["the largest integer", ["Numbers"], "[9007199254740991]", "[9007199254740991]"],
  ["the smallest integer", ["Numbers"], "[-9007199254740991]", "[-9007199254740991]"],
  ["an integer written as a fraction", ["Numbers"], "[1.0, 20.00]", "[1,20]"],
  ["an integer written with an exponent", ["Numbers"], "[1e3, 12E+1, 50e-1]", "[1000,120,5]"],
  ["short escapes", ["Escapes"], '"\\u0008\\u0009\\u000a\\u000c\\u000d"', '"\\b\\t\\n\\f\\r"'],
  ["other control characters", ["Escapes"], '"\\u0000\\u001F\\u000B"', '"\\u0000\\u001f\\u000b"'],
  ["a quotation mark and a backslash", ["Escapes"], '"\\u0022\\u005C"', '"\\"\\\\"'],
  ["a solidus is not escaped", ["Escapes"], '"\\/"', '"/"'],
  ["DEL, U+2028 and U+2029 are not escaped", ["Escapes"], '"\\u007f\\u2028\\u2029"', '"\u007f\u2028\u2029"'],
  ["text beyond ASCII is not escaped", ["Escapes"], '"\\u00e9\\u20AC"', '"\u00e9\u20ac"'],
  ["a surrogate pair", ["Escapes"], '"\\uD83D\\uDE00"', '"\u{1f600}"'],
  ["text is not normalised", ["Escapes"], '["\u00e9","e\u0301"]', '["\u00e9","e\u0301"]'],
  [
    "an amount is a string",
    ["Numbers"],
    '{"amount":"9223372036854775807"}',
    '{"amount":"9223372036854775807"}',
  ],
];

const refused: readonly (readonly [string, readonly string[], string, string])[] = [
  ["an integer-like key", ["IntegerKeys"], "bad_key", '{"10":1,"9":2}'],
  ["a key that starts with a digit", ["Keys"], "bad_key", '{"1a":1}'],
  ["an upper-case key", ["Keys"], "bad_key", '{"maxTokens":1}'],
  ["an empty key", ["Keys"], "bad_key", '{"":1}'],
  ["a hyphen in a key", ["Keys"], "bad_key", '{"a-b":1}'],
  ["a key beyond ASCII", ["Keys"], "bad_key", '{"\u00e9":1}'],
  ["a key with a line feed at its end", ["Keys"], "bad_key", '{"a\\n":1}'],
  ["__proto__ as a key", ["Keys"], "bad_key", '{"__proto__":{"a":1}}'],
  ["a bad key inside an array", ["Keys"], "bad_key", '{"a":[{"A":1}]}'],
  ["a fraction", ["Numbers"], "bad_number", '{"a":0.5}'],
  ["a small fraction", ["Numbers"], "bad_number", "[1e-7]"],
  ["negative zero", ["Numbers"], "bad_number", "[-0]"],
  ["negative zero as a fraction", ["Numbers"], "bad_number", "[-0.0]"],
  ["2^53", ["Numbers"], "bad_number", "[9007199254740992]"],
  ["-2^53", ["Numbers"], "bad_number", "[-9007199254740992]"],
  ["2^53 + 1, which a double cannot hold", ["Numbers"], "bad_number", "[9007199254740993]"],
  ["2^64", ["Numbers"], "bad_number", "[18446744073709551616]"],
  ["an integer of many digits", ["Numbers"], "bad_number", "[123456789012345678901234567890]"],
  ["a number that overflows", ["Numbers"], "bad_number", "[1e400]"],
  ["a lone high surrogate", ["Surrogates"], "lone_surrogate", '{"a":"\\ud800"}'],
  ["a lone low surrogate", ["Surrogates"], "lone_surrogate", '["\\uDC00"]'],
  ["surrogates in the wrong order", ["Surrogates"], "lone_surrogate", '["\\udc00\\ud800"]'],
  ["a high surrogate before a letter", ["Surrogates"], "lone_surrogate", '["\\ud83dx"]'],
  ["a lone surrogate in a long text", ["Surrogates"], "lone_surrogate", `["${"x".repeat(100)}\\ud800"]`],
];

const plain: readonly (readonly [string, readonly string[], string, string])[] = [
  [
    "integer-like keys sort as text",
    ["IntegerKeys"],
    '{"10":1,"9":2,"a":3,"":4}',
    '{"":4,"10":1,"9":2,"a":3}',
  ],
  [
    "keys sort by UTF-16 code units",
    ["KeyOrder"],
    '{"\ufb33":1,"\u{1f600}":2}',
    '{"\u{1f600}":2,"\ufb33":1}',
  ],
  ["a key that needs escapes", ["Escapes"], '{"a\\"\\n":1}', '{"a\\"\\n":1}'],
  ["fractions", ["Numbers"], "[0.1, 333333333.3333333, 4.50]", "[0.1,333333333.3333333,4.5]"],
  [
    "exponents",
    ["Numbers"],
    "[1e21, 1e-7, 123e-9, 1e20, 0.000001]",
    "[1e+21,1e-7,1.23e-7,100000000000000000000,0.000001]",
  ],
  [
    "the extremes of a double",
    ["Numbers"],
    "[5e-324, 1.7976931348623157e308]",
    "[5e-324,1.7976931348623157e+308]",
  ],
  [
    "2^53 and beyond",
    ["Numbers"],
    "[9007199254740992, 9007199254740993]",
    "[9007199254740992,9007199254740992]",
  ],
  ["negative zero becomes 0", ["Numbers"], "[-0, -0.0]", "[0,0]"],
];

const plainRefused: readonly (readonly [string, readonly string[], string, string])[] = [
  ["a number that overflows", ["Numbers"], "bad_number", "[1e400]"],
  ["a lone surrogate", ["Surrogates"], "lone_surrogate", '["\\ud800"]'],
  ["a lone surrogate in a key", ["Surrogates"], "lone_surrogate", '{"\\ud800":1}'],
];

const json = (value: JsonObject | string | number): JsonObject => ({ json: value });

const inMemory: readonly VectorTest[] = [
  valid("a plain object", [], {
    value: {
      object: [
        ["b", json(1)],
        ["a", json("x")],
      ],
    },
    canonical: '{"a":"x","b":1}',
  }),
  valid("an array", [], { value: { array: [json(1), { utf16: "d83dde00" }] }, canonical: '[1,"\u{1f600}"]' }),
  valid("arrays 128 deep", ["Depth"], {
    value: { nest: "array", depth: 128 },
    canonical: `${"[".repeat(128)}1${"]".repeat(128)}`,
  }),
  valid("objects 128 deep", ["Depth"], {
    value: { nest: "object", depth: 128 },
    canonical: `${'{"a":'.repeat(128)}1${"}".repeat(128)}`,
  }),
  invalid("NaN", ["NoJsonValue"], "bad_number", { value: { object: [["a", { number: "NaN" }]] } }),
  invalid("infinity", ["NoJsonValue"], "bad_number", { value: { array: [{ number: "-Infinity" }] } }),
  invalid("negative zero", ["Numbers"], "bad_number", { value: { number: "-0" } }),
  invalid("a fraction", ["Numbers"], "bad_number", { value: { number: "0.5" } }),
  invalid("undefined", ["NoJsonValue"], "no_json_value", { value: { undefined: true } }),
  invalid("undefined in an array", ["NoJsonValue"], "no_json_value", {
    value: { array: [json(1), { undefined: true }] },
  }),
  invalid("bytes", ["NoJsonValue"], "no_json_value", { value: { object: [["a", { bytes: "00ff" }]] } }),
  invalid("a lone surrogate", ["Surrogates"], "lone_surrogate", { value: { utf16: "0061d800" } }),
  invalid("arrays 129 deep", ["Depth"], "too_deep", { value: { nest: "array", depth: 129 } }),
  invalid("objects 129 deep", ["Depth"], "too_deep", { value: { nest: "object", depth: 129 } }),
];

/** Canonical JSON: RFC 8785, and the profile of it that receipts are in. */
export function canonicalJsonVectors(): VectorFileContent {
  const canonicalize = (
    profile: string,
    good: typeof taken,
    bad: typeof refused,
    more: readonly VectorTest[],
  ): VectorGroup => ({
    type: "Canonicalize",
    profile,
    tests: [
      ...good.map(([comment, flags, input, canonical]) => valid(comment, flags, { input, canonical })),
      ...bad.map(([comment, flags, reason, input]) => invalid(comment, flags, reason, { input })),
      ...more,
    ],
  });
  return {
    algorithm: "Canonical JSON (RFC 8785)",
    header: [
      "Canonicalize: read the JSON text 'input' (or 'inputRepeat': [text, times] one after the other), write it canonically.",
      "CanonicalText: whether the bytes ('text' in UTF-8, or 'hex') are canonical as they stand.",
      "InMemoryValue: write a value that is built from 'value'; see README.md for how.",
      "Profile 'receipt' is what receipts are written in; 'json' is all of RFC 8785, for the parameters of actions.",
    ],
    notes: {
      Depth: "Arrays and objects may nest 128 deep. Deeper ones must be refused, not exhaust the stack.",
      DuplicateKeys: "A reader that keeps one of two members with the same key hides the other one.",
      Escapes: "RFC 8785, section 3.2.2.2, says which characters are escaped, and how.",
      IntegerKeys: "Some engines keep keys that look like integers first, in the order of their numbers.",
      KeyOrder: "Keys are sorted by their UTF-16 code units.",
      Keys: "In receipts, keys are [a-z_][a-z0-9_]* other than __proto__.",
      NoJsonValue: "Values that languages have and JSON has not.",
      NotJson: "Bytes that are no JSON text in UTF-8 (RFC 8259).",
      Numbers: "In receipts, numbers are integers within +-(2^53 - 1), without a negative zero.",
      Surrogates: "Half a surrogate pair is no character, so no two languages agree on its bytes.",
      Whitespace: "Canonical texts have none outside strings.",
    },
    groups: [
      canonicalize("receipt", taken, refused, [
        valid("arrays 128 deep", ["Depth"], {
          ...nested("[", "]", 128),
          canonical: `${"[".repeat(128)}1${"]".repeat(128)}`,
        }),
        invalid("arrays 129 deep", ["Depth"], "too_deep", nested("[", "]", 129)),
        invalid("arrays 20,000 deep", ["Depth"], "too_deep", nested("[", "]", 20_000)),
        invalid("objects 20,000 deep", ["Depth"], "too_deep", nested('{"a":', "}", 20_000)),
      ]),
      canonicalize("json", plain, plainRefused, [
        invalid("arrays 129 deep", ["Depth"], "too_deep", nested("[", "]", 129)),
      ]),
      {
        type: "CanonicalText",
        profile: "receipt",
        tests: [
          ...canonicalTexts.map(([comment, flags, text]) => valid(comment, flags, { text })),
          ...otherTexts.map(([comment, flags, reason, text]) => invalid(comment, flags, reason, { text })),
          ...otherBytes.map(([comment, reason, hex]) => invalid(comment, ["NotJson"], reason, { hex })),
          ...refused
            .slice(0, 1)
            .map(([comment, flags, reason, text]) => invalid(comment, flags, reason, { text })),
          invalid("negative zero", ["Numbers"], "bad_number", { text: "[-0]" }),
          invalid("2^53", ["Numbers"], "bad_number", { text: "[9007199254740992]" }),
          invalid("a lone surrogate", ["Surrogates"], "lone_surrogate", { text: '["\\ud800"]' }),
        ],
      },
      { type: "InMemoryValue", profile: "receipt", tests: inMemory },
    ],
  };
}

function manyKeys(sorted: boolean): string {
  const keys = Array.from({ length: 40 }, (_, index) => `k${(index * 7) % 40}`);
  if (sorted) keys.sort();
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, 0])));
}
