import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "#sha256";
import { InvalidConfig } from "../errors.ts";
import { hashText, leafHash } from "./merkle.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./merkle-proof.ts";

/** RFC 6962, sections 2.1 to 2.1.2, word for word, over leaf hashes. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
  const [leaf] = leaves;
  if (leaf === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaf;
  const k = split(leaves.length);
  return sha256(Uint8Array.from([1, ...mth(leaves.slice(0, k)), ...mth(leaves.slice(k))]));
}

function path(m: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...path(m, left), mth(right)] : [...path(m - k, right), mth(left)];
}

function subproof(m: number, leaves: readonly Uint8Array[], isWhole: boolean): readonly Uint8Array[] {
  if (m === leaves.length) return isWhole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k ? [...subproof(m, left, isWhole), mth(right)] : [...subproof(m - k, right, false), mth(left)];
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((hash) => Buffer.from(hash).toString("hex"));
const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, index) => leafHash(`${index}`));

/** The trees and proofs of transparency-dev/merkle's tests (proof/verify_test.go), which came with RFC 6962. */
const published = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const publishedLeaves = published.map((data) => leafHash(bytes(data)));
const inclusions = [
  [0, 1, []],
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    1,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
] as const;
const consistencies = [
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
  [
    6,
    7,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
] as const;

const rootOf = (leaves: readonly Uint8Array[]): string => hashText(mth(leaves));

describe("an inclusion proof", () => {
  it.each(inclusions)("of leaf %i among %i is the published one", (index, size, proof) => {
    const leaves = publishedLeaves.slice(0, size);
    expect(hex(inclusionProof(leaves, index))).toEqual(proof);
    const [leaf, root] = [publishedLeaves[index]!, rootOf(leaves)];
    expect(verifyInclusion({ leaf, index, size, root, proof: proof.map(bytes) })).toBe(true);
  });

  it("is the one that RFC 6962 defines, of every leaf in trees of every size to 40", () => {
    for (let size = 1; size <= 40; size++) {
      const leaves = leavesOf(size);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(leaves, index);
        expect(hex(proof)).toEqual(hex(path(index, leaves)));
        expect(verifyInclusion({ leaf: leaves[index]!, index, size, root: rootOf(leaves), proof })).toBe(
          true,
        );
      }
    }
  });

  it("holds for its own leaf, place, size and root only", () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.integer({ min: -3, max: 3 }), (size, place, other, shift) => {
        const leaves = leavesOf(size);
        const index = place % size;
        const right = {
          leaf: leaves[index]!,
          index,
          size,
          root: rootOf(leaves),
          proof: inclusionProof(leaves, index),
        };
        expect(verifyInclusion(right)).toBe(true);
        expect(verifyInclusion({ ...right, leaf: leafHash("another") })).toBe(false);
        expect(verifyInclusion({ ...right, root: rootOf(leaves.slice(1)) })).toBe(false);
        if (shift !== 0) expect(verifyInclusion({ ...right, index: index + shift })).toBe(false);
        const { proof } = right;
        const at = other % (proof.length + 1);
        expect(verifyInclusion({ ...right, proof: proof.toSpliced(at, 0, leafHash("more")) })).toBe(false);
        if (at < proof.length) {
          expect(verifyInclusion({ ...right, proof: proof.toSpliced(at, 1) })).toBe(false);
          expect(verifyInclusion({ ...right, proof: proof.with(at, leafHash("else")) })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is none with a place beyond the tree, or with hashes of another length", () => {
    const right = { leaf: leavesOf(1)[0]!, index: 0, size: 1, root: rootOf(leavesOf(1)), proof: [] };
    expect(verifyInclusion(right)).toBe(true);
    for (const index of [1, -1, 0.5, Number.NaN]) expect(verifyInclusion({ ...right, index })).toBe(false);
    for (const size of [0, 2, 0.5, 2 ** 53]) expect(verifyInclusion({ ...right, size })).toBe(false);
    expect(verifyInclusion({ ...right, leaf: new Uint8Array() })).toBe(false);
    expect(verifyInclusion({ ...right, size: 2, proof: [new Uint8Array(33)] })).toBe(false);
    expect(() => inclusionProof(leavesOf(3), 3)).toThrow(InvalidConfig);
    expect(() => inclusionProof(leavesOf(3), -1)).toThrow(InvalidConfig);
  });

  it("of a log that runs for years holds: Project Oak's of leaf 76,958 among 76,959", () => {
    // oak_proofs' tests (TEST_REAL_ENTRY and what follows it): a Tessera log.
    const proof = [
      "fGRlLyuz+L9Jb8+uTSut/2aVc4z7fKFW+clvsb6xjEM=",
      "F6LautOHD5eppkWC0xn/lz00X5g2yLlZAkl2jCI/wdE=",
      "qH7OJxFNup+TDvJuohd2HphKVngfMeMzUK8QChEDcas=",
      "+Y3g758yXtPCRh/eqhLTA3bdcx+cCV1Uah0JdgB0YEs=",
      "vq8cJSjj8dPVmFBRUqDLlaMqW6aAYR2GKugVhgudXLs=",
      "J0z3X5qTb9WFC1gABhVFx0bW1rVZRL+DAoBL2e2h4G4=",
      "NmSbYg25xNFzTRerIsF3HbEMyTIDqW87AQd9ekzopE8=",
      "L8BZipjURnkctkjJtGJs+YyTXMssvNKA7+a8nV2JT/s=",
      "pva4RFzCejMkVMVmYc93As2lbk7WAyrw58TvrzEOjNc=",
    ].map((text) => new Uint8Array(Buffer.from(text, "base64")));
    const root = hashText(Buffer.from("QYfrD7XAd4qUHbRBs4dDyDZwpZN4M/cccXr2G56pxkY=", "base64"));
    const right = { leaf: leafHash("hello tesseroak\n"), index: 76_958, size: 76_959, root, proof };
    expect(verifyInclusion(right)).toBe(true);
    expect(verifyInclusion({ ...right, leaf: leafHash("hello tesseroak") })).toBe(false);
  });
});

describe("a consistency proof", () => {
  it.each(consistencies)("from %i to %i leaves is the published one", (oldSize, newSize, proof) => {
    const [older, newer] = [publishedLeaves.slice(0, oldSize), publishedLeaves.slice(0, newSize)];
    expect(hex(consistencyProof(newer, oldSize))).toEqual(proof);
    const roots = { oldRoot: rootOf(older), newRoot: rootOf(newer) };
    expect(verifyConsistency({ oldSize, newSize, ...roots, proof: proof.map(bytes) })).toBe(true);
  });

  it("is the one that RFC 6962 defines, between trees of every size to 40", () => {
    const leaves = leavesOf(40);
    for (let newSize = 1; newSize <= 40; newSize++) {
      const newer = leaves.slice(0, newSize);
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const proof = consistencyProof(newer, oldSize);
        expect(hex(proof)).toEqual(hex(subproof(oldSize, newer, true)));
        const roots = { oldRoot: rootOf(leaves.slice(0, oldSize)), newRoot: rootOf(newer) };
        expect(verifyConsistency({ oldSize, newSize, ...roots, proof })).toBe(true);
      }
    }
  });

  it("holds for its own sizes and roots only", () => {
    const sizes = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), fc.integer({ min: -3, max: 3 }), (a, b, other, shift) => {
        if (a === b) return;
        const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
        const leaves = leavesOf(newSize);
        const proof = consistencyProof(leaves, oldSize);
        const [oldRoot, newRoot] = [rootOf(leaves.slice(0, oldSize)), rootOf(leaves)];
        const right = { oldSize, oldRoot, newSize, newRoot, proof };
        expect(verifyConsistency(right)).toBe(true);
        expect(verifyConsistency({ ...right, oldRoot: newRoot })).toBe(false);
        expect(verifyConsistency({ ...right, newRoot: oldRoot })).toBe(false);
        expect(verifyConsistency({ ...right, oldRoot: newRoot, newRoot: oldRoot })).toBe(false);
        if (shift !== 0) expect(verifyConsistency({ ...right, oldSize: oldSize + shift })).toBe(false);
        const at = other % (proof.length + 1);
        expect(verifyConsistency({ ...right, proof: proof.toSpliced(at, 0, leafHash("more")) })).toBe(false);
        if (at < proof.length) {
          expect(verifyConsistency({ ...right, proof: proof.toSpliced(at, 1) })).toBe(false);
          expect(verifyConsistency({ ...right, proof: proof.with(at, leafHash("else")) })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is empty from no leaves, and between trees that are the same", () => {
    const leaves = leavesOf(3);
    const [none, all] = [rootOf([]), rootOf(leaves)];
    expect(consistencyProof(leaves, 0)).toEqual([]);
    expect(consistencyProof(leaves, 3)).toEqual([]);
    const proof: readonly Uint8Array[] = [];
    expect(verifyConsistency({ oldSize: 0, oldRoot: none, newSize: 3, newRoot: all, proof })).toBe(true);
    expect(verifyConsistency({ oldSize: 3, oldRoot: all, newSize: 3, newRoot: all, proof })).toBe(true);
    expect(verifyConsistency({ oldSize: 0, oldRoot: none, newSize: 0, newRoot: none, proof })).toBe(true);
    expect(verifyConsistency({ oldSize: 0, oldRoot: all, newSize: 3, newRoot: all, proof })).toBe(false);
    expect(verifyConsistency({ oldSize: 3, oldRoot: all, newSize: 3, newRoot: none, proof })).toBe(false);
    for (const oldSize of [0, 3]) {
      const oldRoot = oldSize === 0 ? none : all;
      const more = { oldSize, oldRoot, newSize: 3, newRoot: all, proof: leavesOf(1) };
      expect(verifyConsistency(more)).toBe(false);
    }
  });

  it("never goes back, nor to what is no size or no root", () => {
    const leaves = leavesOf(4);
    const right = { oldSize: 2, oldRoot: rootOf(leaves.slice(0, 2)), newSize: 4, newRoot: rootOf(leaves) };
    const proof = consistencyProof(leaves, 2);
    expect(verifyConsistency({ ...right, proof })).toBe(true);
    expect(verifyConsistency({ ...right, oldSize: 4, newSize: 2, proof })).toBe(false);
    expect(verifyConsistency({ ...right, oldSize: 1.5, proof })).toBe(false);
    expect(verifyConsistency({ ...right, oldRoot: "sha256:", proof })).toBe(false);
    expect(verifyConsistency({ ...right, proof: [new Uint8Array(31)] })).toBe(false);
    expect(verifyConsistency({ ...right, oldSize: 3, proof: [] })).toBe(false);
    expect(() => consistencyProof(leaves, 5)).toThrow(InvalidConfig);
    expect(() => consistencyProof(leaves, -1)).toThrow(InvalidConfig);
  });
});
