import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "#sha256";
import { encodeHex } from "../codec/hex.ts";
import { hashText, leafHash, MerkleFrontier } from "./merkle.ts";

/**
 * The tree of certificate-transparency-go's and transparency-dev/merkle's tests (testonly/constants.go and
 * testonly/reference_inputs): eight leaves, and the root after each.
 */
const leaves = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** The definition of RFC 6962, section 2.1, word for word, over all the data at once. */
function naiveRoot(data: readonly Uint8Array[]): Uint8Array {
  if (data.length === 0) return sha256(new Uint8Array());
  const [first] = data;
  if (first !== undefined && data.length === 1) return sha256(Uint8Array.from([0, ...first]));
  let split = 1;
  while (split * 2 < data.length) split *= 2;
  return sha256(Uint8Array.from([1, ...naiveRoot(data.slice(0, split)), ...naiveRoot(data.slice(split))]));
}

describe("a Merkle tree", () => {
  it("has the published roots of the published leaves", () => {
    const frontier = new MerkleFrontier();
    expect(frontier.root()).toBe(`sha256:${roots[0]}`);
    for (const [index, leaf] of leaves.entries()) {
      frontier.append(Buffer.from(leaf, "hex"));
      expect(frontier.size).toBe(index + 1);
      expect(frontier.root()).toBe(`sha256:${roots[index + 1]}`);
    }
  });

  it("has the root that RFC 6962 defines, at every size", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 70 }), (data) => {
        const frontier = new MerkleFrontier();
        for (const [index, leaf] of data.entries()) {
          frontier.append(leaf);
          expect(encodeHex(frontier.rootHash())).toBe(encodeHex(naiveRoot(data.slice(0, index + 1))));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("takes a text for its bytes in UTF-8", () => {
    const text = 'a "receipt" – 決定';
    const [asText, asBytes] = [new MerkleFrontier(), new MerkleFrontier()];
    asText.append(text);
    asBytes.append(new TextEncoder().encode(text));
    expect(asText.root()).toBe(asBytes.root());
    expect(asText.root()).toBe(hashText(naiveRoot([new TextEncoder().encode(text)])));
  });

  it("grows apart from its clone, and takes leaves by their hash", () => {
    const frontier = new MerkleFrontier();
    for (const leaf of ["a", "b", "c"]) frontier.append(leaf);
    const clone = frontier.clone();
    const before = clone.root();
    frontier.append("d");
    expect(clone).toMatchObject({ size: 3 });
    expect(clone.root()).toBe(before);
    clone.appendHash(leafHash("d"));
    expect(clone.root()).toBe(frontier.root());
    clone.append("e");
    expect(frontier.root()).not.toBe(clone.root());
  });

  it("may be asked for its root without changing", () => {
    const frontier = new MerkleFrontier();
    for (const leaf of ["a", "b", "c"]) frontier.append(leaf);
    expect(frontier.root()).toBe(frontier.root());
  });
});
