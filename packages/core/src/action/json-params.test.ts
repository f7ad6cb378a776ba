import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../codec/canonical-json.ts";
import { InvalidAction } from "../errors.ts";
import { jsonParams } from "./json-params.ts";

/** A value and everything in it. */
function parts(value: unknown): unknown[] {
  return typeof value === "object" && value !== null
    ? [value, ...Object.values(value).flatMap((part) => parts(part))]
    : [];
}

describe("the parameters of an action", () => {
  it("cannot be changed by whoever is shown them, at any depth", () => {
    const params = jsonParams({ to: { name: "bob" }, items: [{ id: 1 }, [2]], file: new Uint8Array(3) });
    const all = parts(params);
    expect(all).toHaveLength(6);
    for (const part of all) expect(Object.isFrozen(part)).toBe(true);
    expect(() => {
      (params as { to: { name: string } }).to.name = "mallory";
    }).toThrow(TypeError);
  });

  it("are a copy: the caller's own stay as they are and may change", () => {
    const mine = { to: { name: "bob" }, items: [1] };
    const params = jsonParams(mine);
    mine.to.name = "mallory";
    mine.items.push(2);
    expect(params).toEqual({ to: { name: "bob" }, items: [1] });
  });

  it("leave out what is undefined, and hold null for it in lists", () => {
    expect(jsonParams({ a: undefined, b: [undefined, 1] })).toStrictEqual({ b: [null, 1] });
    expect(jsonParams(undefined)).toBeNull();
  });

  it("hold the code units of text that was cut inside an emoji", () => {
    const cut = "a😀".slice(0, 2);
    expect(jsonParams({ prompt: cut, parts: [cut, "a😀"] })).toStrictEqual({
      prompt: { utf16: "0061d83d" },
      parts: [{ utf16: "0061d83d" }, "a😀"],
    });
    expect(Object.isFrozen(jsonParams("\udc00"))).toBe(true);
  });

  it("can be digested whatever text they hold, and are the same only for the same text", () => {
    const units = fc.constantFrom("a", "d", "8", "\u0000", "\ud83d", "\ude00", "\udfff", "é");
    const texts = fc.array(units, { maxLength: 5 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(canonicalJson(jsonParams(one)) === canonicalJson(jsonParams(other))).toBe(one === other);
      }),
      { numRuns: 1000 },
    );
  });

  it("have no member whose name is not well formed", () => {
    const named = (): unknown => jsonParams({ to: { "x\ud83d": 1 } });
    expect(named).toThrow(InvalidAction);
    expect(named).toThrow('params.to has a member whose name holds half a surrogate pair: "x\\ud83d"');
  });
});
