import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { decodeHex, encodeHex } from "./hex.ts";

describe("hex", () => {
  it("agrees with Node's Buffer on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeHex(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("hex"));
        expect(decodeHex(text)).toEqual(bytes);
      }),
    );
  });

  it.each(["0", "abc", "AB", "0g", "g0", " 0", "0x", "é0"])("refuses %j", (text) => {
    expect(() => decodeHex(text)).toThrow(VerificationError);
  });
});
