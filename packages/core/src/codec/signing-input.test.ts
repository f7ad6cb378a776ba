import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signingInput } from "./signing-input.ts";

/** DSSE 1.0.2's definition, word by word. */
function preAuthEncoding(type: string, body: string): string {
  const lengths = [type, body].map((text) => Buffer.byteLength(text));
  return Buffer.from(`DSSEv1 ${lengths[0]} ${type} ${lengths[1]} ${body}`).toString("hex");
}

describe("the signing input", () => {
  it("is DSSE's own example", () => {
    const bytes = signingInput("http://example.com/HelloWorld", "hello world");
    expect(new TextDecoder().decode(bytes)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts lengths in bytes, not in characters", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 200 });
    fc.assert(
      fc.property(text, text, (type, body) => {
        expect(Buffer.from(signingInput(type, body)).toString("hex")).toBe(preAuthEncoding(type, body));
      }),
    );
  });

  it("stays right where the length in bytes has a digit more than the length in characters", () => {
    for (const body of ["é".repeat(5), "é".repeat(50), `${"a".repeat(98)}€`, "😀".repeat(250)]) {
      expect(Buffer.from(signingInput("t", body)).toString("hex")).toBe(preAuthEncoding("t", body));
    }
  });
});
