import { expect, it } from "vitest";
import { testDigest } from "../../test/sample-receipts.ts";
import { SeenDigests } from "./seen-digests.ts";

/** A digest of its own for each place. */
function digestOf(seq: number): string {
  return `sha256:${seq.toString(16).padStart(64, "0")}`;
}

it("digests that came are found by their place, and none is where nothing came", () => {
  const seen = new SeenDigests();
  expect(seen.nextSeq).toBe(0);
  expect(seen.at(0)).toBe(null);
  const places = [0, 1, 2, 7, 8, 5000, ...Array.from({ length: 3000 }, (_, index) => 9000 + index)];
  for (const seq of places) {
    seen.append(seq, digestOf(seq));
    expect(seen.nextSeq).toBe(seq + 1);
  }
  const there = new Set(places);
  for (let seq = 0; seq < 12_100; seq++) expect(seen.at(seq)).toBe(there.has(seq) ? digestOf(seq) : null);
});

it("a chain that begins in its middle has nothing before", () => {
  const seen = new SeenDigests();
  seen.append(3, testDigest("a"));
  expect([0, 1, 2, 3, 4].map((seq) => seen.at(seq))).toEqual([null, null, null, testDigest("a"), null]);
});
