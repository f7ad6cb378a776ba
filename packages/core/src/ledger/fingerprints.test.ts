import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fingerprints } from "./fingerprints.ts";

describe("fingerprints", () => {
  it("know every text that was added, and no other", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary" }), { maxLength: 200 }),
        fc.nat(200),
        (texts, split) => {
          const known = new Fingerprints(1000);
          for (const text of texts.slice(0, split)) known.add(text);
          for (const [index, text] of texts.entries()) expect(known.has(text)).toBe(index < split);
          expect(known.size).toBe(Math.min(split, texts.length));
        },
      ),
    );
  });

  it("keep the last generation of texts at least, and two at most", () => {
    const known = new Fingerprints(100);
    for (let index = 0; index < 1050; index++) {
      known.add(`key/${index}`);
      expect(known.size).toBeLessThanOrEqual(200);
    }
    for (let index = 950; index < 1050; index++) expect(known.has(`key/${index}`)).toBe(true);
    for (let index = 0; index < 800; index++) expect(known.has(`key/${index}`)).toBe(false);
  });

  it("count a text once that is added twice", () => {
    const known = new Fingerprints(100);
    known.add("a");
    known.add("a");
    expect(known.size).toBe(1);
  });

  it("tell 200,000 texts apart, which 32 bits could not", () => {
    const known = new Fingerprints(200_000);
    for (let index = 0; index < 200_000; index++) {
      const text = `${Math.imul(index, 0x9e3779b1).toString(36)}/${index}`;
      expect(known.has(text)).toBe(false);
      known.add(text);
    }
    expect(known.size).toBe(200_000);
  });
});
