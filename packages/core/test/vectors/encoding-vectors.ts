import { encodeHex } from "../../src/codec/hex.ts";
import { endorsementPayloadType, receiptPayloadType } from "../../src/receipt/receipt.ts";
import { invalid, type VectorGroup, valid } from "./vector-file.ts";

const hexOf = (text: string): string => encodeHex(new TextEncoder().encode(text));

/** base64url as keys and signatures are written: without padding, and one text for each value. */
export function base64urlGroup(): VectorGroup {
  const good: readonly (readonly [string, string, string])[] = [
    ["no bytes", "", ""],
    ["one byte", "Zg", "66"],
    ["two bytes", "Zm8", "666f"],
    ["three bytes", "Zm9v", "666f6f"],
    ["the last two letters of the alphabet", "-_-_", "fbffbf"],
    ["zeros", "AAA", "0000"],
  ];
  const bad: readonly (readonly [string, string])[] = [
    ["padding", "Zg=="],
    ["the alphabet of base64", "+/+/"],
    ["a length that no bytes have", "Zm9vY"],
    ["one letter", "A"],
    ["unused bits that are set", "Zh"],
    ["unused bits that are set, after two bytes", "Zm9"],
    ["a line feed at the end", "Zm9v\n"],
    ["a space", "Zm 9"],
    ["a letter beyond ASCII", "Zm\u00e9v"],
  ];
  return {
    type: "Base64url",
    tests: [
      ...good.map(([comment, text, hex]) => valid(comment, ["Base64url"], { text, hex })),
      ...bad.map(([comment, text]) => invalid(comment, ["Base64url"], "not_base64url", { text })),
    ],
  };
}

/** What is signed: DSSE's pre-authentication encoding of a type and a text. */
export function signingInputGroup(): VectorGroup {
  const body = '{"name":"\u00e9","v":1}';
  const flags = ["SigningInput"];
  return {
    type: "SigningInput",
    tests: [
      valid("DSSE's own example", flags, {
        payloadType: "http://example.com/HelloWorld",
        payload: "hello world",
        hex: hexOf("DSSEv1 29 http://example.com/HelloWorld 11 hello world"),
      }),
      valid("lengths are in bytes", flags, {
        payloadType: receiptPayloadType,
        payload: body,
        hex: hexOf(`DSSEv1 40 ${receiptPayloadType} 19 ${body}`),
      }),
      valid("an endorsement's type", flags, {
        payloadType: endorsementPayloadType,
        payload: "{}",
        hex: hexOf(`DSSEv1 44 ${endorsementPayloadType} 2 {}`),
      }),
      valid("nothing", flags, { payloadType: "", payload: "", hex: hexOf("DSSEv1 0  0 ") }),
      invalid("lengths in characters", flags, "wrong_input", {
        payloadType: receiptPayloadType,
        payload: body,
        hex: hexOf(`DSSEv1 40 ${receiptPayloadType} 18 ${body}`),
      }),
      invalid("the text alone", flags, "wrong_input", {
        payloadType: receiptPayloadType,
        payload: body,
        hex: hexOf(body),
      }),
      invalid("another type", flags, "wrong_input", {
        payloadType: receiptPayloadType,
        payload: body,
        hex: hexOf(`DSSEv1 44 ${endorsementPayloadType} 19 ${body}`),
      }),
      invalid("no version", flags, "wrong_input", {
        payloadType: receiptPayloadType,
        payload: body,
        hex: hexOf(`DSSE 40 ${receiptPayloadType} 19 ${body}`),
      }),
    ],
  };
}
