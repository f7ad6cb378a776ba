import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printableJson, printableText } from "./printable-text.ts";

/** What a terminal may obey, or a reader not see; written by code point, so that this file hides nothing. */
const dangerous = [
  0x00, 0x07, 0x08, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0x9d, 0xad, 0x061c, 0x200b, 0x200d, 0x200e, 0x200f,
  0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xd800, 0xdfff, 0xe0001, 0xe0041,
];

describe("text to show", () => {
  it.each(dangerous.map((code) => [code.toString(16), code]))("has no U+%s", (hex, code) => {
    const shown = printableText(`a${String.fromCodePoint(Number(code))}b`);
    expect(shown).toMatch(/^a\\[\x20-\x7e]+b$/);
    if (Number(code) !== 0x0a && Number(code) !== 0x0d) expect(shown).toContain(String(hex));
  });

  it("keeps what is harmless, in any script", () => {
    const text = 'Größe 100 € "ok" \\ 東京 مرحبا 😀 é';
    expect(printableText(text)).toBe(text);
  });

  it("is one line that moves no cursor, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(printableText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe("JSON to show", () => {
  it("is the same JSON, with nothing in it that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const json = printableJson(value);
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("escapes a character outside of the basic plane as two", () => {
    expect(printableJson(String.fromCodePoint(0xe0001))).toBe('"\\udb40\\udc01"');
  });

  it("writes a bigint as its digits", () => {
    expect(printableJson({ spent: 9_007_199_254_740_993n })).toBe('{"spent":"9007199254740993"}');
  });
});
