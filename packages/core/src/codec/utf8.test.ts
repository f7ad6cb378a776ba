import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "./utf8.ts";

describe("UTF-8", () => {
  it("keeps a byte order mark", () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b))).toBe("\ufeff{");
  });

  it.each([
    ["a lone lead byte", [0x61, 0xc3]],
    ["a lone continuation byte", [0x80]],
    ["a longer form than needed", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["more than Unicode has", [0xf5, 0x80, 0x80, 0x80]],
  ])("refuses %s, and nothing of it is left in what is read next", (_, bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
    expect(decodeUtf8(new TextEncoder().encode("größe"))).toBe("größe");
  });
});
