import { describe, expect, it } from "vitest";
import { digestOf } from "../codec/digest.ts";
import { VerificationError } from "../errors.ts";
import { DigestList } from "./digest-list.ts";

describe("a list of digests", () => {
  it("keeps each at its place, however many there are", () => {
    const digests = Array.from({ length: 3000 }, (_, index) => digestOf(`${index}`));
    const list = new DigestList();
    for (const [index, digest] of digests.entries()) {
      expect(list.at(index)).toBeNull();
      list.append(digest);
      expect(list.at(index)).toBe(digest);
      expect(list.size).toBe(index + 1);
    }
    expect(digests.map((_, index) => list.at(index))).toEqual(digests);
  });

  it("takes nothing but hex", () => {
    expect(() => new DigestList().append(`sha256:${"g".repeat(64)}`)).toThrow(VerificationError);
  });
});
