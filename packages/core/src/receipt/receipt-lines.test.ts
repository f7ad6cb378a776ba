import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { maxLineBytes, receiptLines } from "./receipt-lines.ts";

async function split(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  for await (const line of receiptLines(source())) lines.push(Buffer.from(line).toString("latin1"));
  return lines;
}

describe("receipt lines", () => {
  it("are what stands between line feeds, wherever the chunks are cut", async () => {
    const bytes = fc
      .uint8Array({ maxLength: 60 })
      .map((raw) => raw.map((byte) => (byte % 4 === 0 ? 0x0a : byte)));
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.nat(60)), async (all, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end));
        const expected = Buffer.from(all).toString("latin1").split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(await split(...chunks)).toEqual(expected);
      }),
    );
  });

  it("keep carriage returns and other line separators", async () => {
    const text = "a\r\nb\u2028c\u0085d\n";
    const lines = await split(Buffer.from(text));
    expect(lines.map((line) => Buffer.from(line, "latin1").toString())).toEqual(["a\r", "b\u2028c\u0085d"]);
  });

  it("end where a line without end would fill the memory", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(0x61);
    await expect(split(...Array(17).fill(chunk))).rejects.toThrow(VerificationError);
    expect(await split(...Array(16).fill(chunk))).toHaveLength(1);
  });

  it("are refused from the first byte too many, wherever the chunks are cut", async () => {
    const line = new Uint8Array(maxLineBytes + 2).fill(0x61);
    line[maxLineBytes] = 0x0a;
    expect(await split(line.subarray(0, 5), line.subarray(5, maxLineBytes + 1))).toHaveLength(1);
    line[maxLineBytes] = 0x61;
    line[maxLineBytes + 1] = 0x0a;
    await expect(split(line)).rejects.toThrow(VerificationError);
    await expect(split(line.subarray(0, maxLineBytes), line.subarray(maxLineBytes))).rejects.toThrow(
      VerificationError,
    );
  });
});
