import { describe, expect, it } from "vitest";
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
});
