import { expect, it } from "vitest";
import { given } from "./given.ts";

it("leaves out members that are undefined, and keeps null, zero and empty text", () => {
  const copy = given({ a: undefined as number | undefined, b: null, c: 0, d: "", e: false });
  expect(Object.entries(copy)).toEqual([
    ["b", null],
    ["c", 0],
    ["d", ""],
    ["e", false],
  ]);
});
