import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";

describe("base64url", () => {
  it("writes what RFC 4648's test vectors say, without padding", () => {
    const written = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) =>
      encodeBase64url(new TextEncoder().encode(text)),
    );
    expect(written).toEqual(["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]);
  });

  it("agrees with Node's Buffer on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decodeBase64url(text)).toEqual(bytes);
      }),
    );
  });

  it("reads only the one text that it writes", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,20}$/), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64url(text);
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
          return;
        }
        expect(encodeBase64url(bytes)).toBe(text);
      }),
    );
  });

  for (const [what, text] of [
    ["padding", "Zg=="],
    ["the other alphabet", "a+b/"],
    ["white space", "Zm 9"],
    ["a character beyond ASCII", "Zm9é"],
    ["an impossible length", "Zm9vY"],
    ["unused bits that are set, after one byte", "Zh"],
    ["unused bits that are set, after two bytes", "Zm9"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decodeBase64url(text)).toThrow(VerificationError);
    });
  }
});
