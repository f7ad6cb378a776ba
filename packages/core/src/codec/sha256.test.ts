import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import * as noble from "./sha256.noble.ts";
import * as node from "./sha256.node.ts";

describe.each([
  ["node:crypto", node],
  ["noble", noble],
])("SHA-256 on %s", (_, { sha256, sha256Hex }) => {
  it("gives FIPS 180-4's digest of abc", () => {
    expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("gives the same digest as hex and as bytes, of a text and of its UTF-8 form", () => {
    const text = "Größe: 5 €, 😀";
    const bytes = new TextEncoder().encode(text);
    expect(Buffer.from(sha256(text)).toString("hex")).toBe(sha256Hex(bytes));
    expect(sha256(bytes)).toEqual(sha256(text));
    expect(sha256(text)).toHaveLength(32);
  });
});

describe("digests", () => {
  it("are the same from both back ends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(noble.sha256Hex(text)).toBe(node.sha256Hex(text));
      }),
    );
  });

  it("name their algorithm", () => {
    expect(digestOf("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});
