import { describe, expect, it } from "vitest";
import { allOf } from "../../test/export-receipts.ts";
import { sampleChain } from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import { readReceipts } from "./read-receipts.ts";

const chain = sampleChain();

describe("receipts that are read and not verified", () => {
  it("are those of the lines, whoever signed them", async () => {
    const forged = chain.map(({ json }) => json.replace(/"sig":"..../, '"sig":"AAAA'));
    const read = await allOf(readReceipts(forged));
    expect(read.map(({ body }) => body)).toEqual(chain.map(({ receipt }) => receipt.body));
  });

  it.each([
    ["not_json", "{"],
    ["malformed", "{}"],
    ["unknown_version", '{"body":{"v":2,"type":"x"},"kid":"KID","sig":"SIG"}'],
    ["not_canonical", ` ${chain[0]?.json}`],
  ])("stop at the first line that is none: %s", async (reason, line) => {
    const wrong = line.replace("KID", "k".repeat(43)).replace("SIG", "s".repeat(86));
    const reading = allOf(readReceipts([chain[0]?.json ?? "", wrong]));
    await expect(reading).rejects.toThrow(VerificationError);
    await expect(reading).rejects.toThrow(`line 2 is no receipt (${reason})`);
  });
});
