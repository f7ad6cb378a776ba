import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

describe("base64", () => {
  it("writes what RFC 4648's test vectors say", () => {
    const written = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) =>
      encodeBase64(new TextEncoder().encode(text)),
    );
    expect(written).toEqual(["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
  });

  it("agrees with Node's Buffer on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ["missing padding", "Zg"],
    ["too much padding", "Zm9v===="],
    ["padding in the middle", "Zg==Zg=="],
    ["the other alphabet", "-_-_"],
    ["white space", "Zm9v\n"],
    ["unused bits that are set", "Zh=="],
    ["nothing but padding", "===="],
  ])("refuses %s", (_what, text) => {
    expect(() => decodeBase64(text)).toThrow(VerificationError);
  });
});
