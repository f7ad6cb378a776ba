import { describe, expect, it } from "vitest";
import { TestChain } from "../../test/sample-log.ts";
import { signingInput } from "../codec/signing-input.ts";
import { receiptPayloadType } from "./receipt.ts";
import { readReceiptText } from "./receipt-text.ts";
import { SignedBytes } from "./verify-signature.ts";

describe("the bytes that a receipt's signature is made over", () => {
  it("are those that were signed, whatever came before and however many bytes a character takes", () => {
    const chain = new TestChain("main");
    const signed = new SignedBytes();
    const lengths = [1, 500, 1400, 700, 3000, 1, 2900, 6000, 5999, 40_000, 2];
    for (const length of lengths) {
      for (const letter of ["a", "é", "€", "\u{1f50c}"]) {
        const line = chain.add({ type: "stop", run: "run-1", reason: letter.repeat(length) });
        const text = readReceiptText(line);
        if ("reason" in text) throw new Error(text.message);
        const body = line.slice('{"body":'.length, line.lastIndexOf(',"kid"'));
        expect(Buffer.from(signed.of(text)).equals(signingInput(receiptPayloadType, body))).toBe(true);
      }
    }
  });
});
