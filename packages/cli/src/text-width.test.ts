import { describe, expect, it } from "vitest";
import { cut, padded, widthOf, wrapped } from "./text-width.ts";

describe("a text on a terminal", () => {
  it.each([
    ["", 0],
    ["gpt-4o", 6],
    ["Größe", 5],
    ["e\u0301", 1],
    ["東京", 4],
    ["😀", 2],
    ["a東b", 4],
  ])("takes as many columns as its characters do: %s", (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it("is filled up to a width, and never cut by that", () => {
    expect(padded("東", 4)).toBe("東  ");
    expect(padded("7", 3, "start")).toBe("  7");
    expect(padded("longer", 3)).toBe("longer");
  });

  it("is cut to a width between characters, with an ellipsis", () => {
    expect(cut("abcdef", 6)).toBe("abcdef");
    expect(cut("abcdefg", 6)).toBe("abcde…");
    expect(cut("東京都庁", 6)).toBe("東京…");
    expect(widthOf(cut("😀".repeat(50), 11))).toBeLessThanOrEqual(11);
  });

  it("is broken between words, and a word that is too long stands alone", () => {
    expect(wrapped("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapped("a incomprehensibilities b", 5)).toEqual(["a", "incomprehensibilities", "b"]);
    expect(wrapped("never broken", Number.POSITIVE_INFINITY)).toEqual(["never broken"]);
  });
});
