import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { byteCounter } from "./byte-counter.ts";

const action: Action = { kind: "llm", name: "gpt-4o", params: {}, amounts: {}, subject: {} };

describe("the byte counter", () => {
  it("takes two bytes for a token, rounding up", () => {
    expect(byteCounter("", action)).toBe(0);
    expect(byteCounter("a", action)).toBe(1);
    expect(byteCounter("abcd", action)).toBe(2);
    expect(byteCounter("abcde", action)).toBe(3);
  });

  it("counts the bytes of UTF-8, not characters", () => {
    expect(byteCounter("é", action)).toBe(1);
    expect(byteCounter("中文", action)).toBe(3);
    expect(byteCounter("😀", action)).toBe(2);
  });

  it("counts short and long text of any script by its UTF-8 length", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60 }), (part, times) => {
        const long = part.repeat(times);
        expect(byteCounter(long, action)).toBe(Math.ceil(Buffer.byteLength(long) / 2));
      }),
    );
  });

  it("adds 3,000 tokens for each media part", () => {
    expect(byteCounter("abcd", { ...action, mediaParts: 2 })).toBe(6_002);
  });
});
