import { describe, expect, it } from "vitest";
import { sampleChain } from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import { parseReceipt } from "./parse-receipt.ts";

const chain = sampleChain();

describe("a receipt that is read and not verified", () => {
  it("is what its line says, whoever signed it", () => {
    for (const { json, receipt } of chain) {
      const forged = json.replace(/"sig":"..../, '"sig":"AAAA');
      expect(parseReceipt(forged).body).toEqual(receipt.body);
      expect(parseReceipt(new TextEncoder().encode(json))).toEqual(receipt);
    }
  });

  it.each([
    ["not_json", "{"],
    ["malformed", "{}"],
    ["unknown_version", '{"body":{"v":2,"type":"x"},"kid":"KID","sig":"SIG"}'],
    ["not_canonical", ` ${chain[0]?.json}`],
  ])("is not %s", (reason, line) => {
    const wrong = line.replace("KID", "k".repeat(43)).replace("SIG", "s".repeat(86));
    expect(() => parseReceipt(wrong)).toThrow(VerificationError);
    expect(() => parseReceipt(wrong)).toThrow(`no receipt (${reason})`);
  });
});
