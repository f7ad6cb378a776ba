import { encodeHex } from "../../src/codec/hex.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { hashText, leafHash, MerkleFrontier, nodeHash } from "../../src/receipt/merkle.ts";
import { consistencyProof, inclusionProof } from "../../src/receipt/merkle-proof.ts";
import { anyDigest } from "./sample-bodies.ts";
import { invalid, type VectorGroup, type VectorTest, valid } from "./vector-file.ts";

/** The leaves of Certificate Transparency's own tests, in hex, and the roots over the first n of them. */
const leaves: readonly string[] = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const roots: readonly string[] = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
].map((root) => `sha256:${root}`);

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hashes: readonly Uint8Array[] = leaves.map((leaf) => leafHash(bytes(leaf)));
const rootOf = (size: number): string => roots[size] ?? "";
const leafOf = (index: number): Uint8Array => hashes[index] ?? new Uint8Array(32);
const hexOf = (proof: readonly Uint8Array[]): readonly string[] => proof.map(encodeHex);

/** Roots, and proofs that a leaf is in a tree, or that a tree is the beginning of another. */
export function merkleGroups(): readonly VectorGroup[] {
  return [
    { type: "MerkleRoot", tests: rootTests() },
    { type: "Inclusion", tests: inclusionTests() },
    { type: "Consistency", tests: consistencyTests() },
  ];
}

/** What the groups mean by their flags. */
export const merkleNotes: Readonly<Record<string, string>> = {
  Root: "RFC 6962, section 2.1: leaves and nodes are hashed with different prefixes; nothing is doubled.",
  Inclusion:
    "RFC 9162, section 2.1.3.2. The size must be known from elsewhere, such as a signed checkpoint: trees of several sizes can have a proof of one shape.",
  Consistency:
    "RFC 9162, section 2.1.4.2; a tree without leaves begins every other one, and its proof is empty.",
};

function rootTests(): readonly VectorTest[] {
  const wrong = (comment: string, size: number, root: string): VectorTest =>
    invalid(comment, ["Root"], "bad_root", { leaves: leaves.slice(0, size), root });
  const bare = new MerkleFrontier();
  for (const hash of hashes.slice(0, 3)) bare.appendHash(hash);
  const doubled = new MerkleFrontier();
  for (const index of [0, 1, 2, 2]) doubled.appendHash(leafOf(index));
  const swapped = new MerkleFrontier();
  for (const index of [1, 0]) swapped.appendHash(leafOf(index));
  return [
    ...roots.map((root, size) =>
      valid(`a tree of ${size}`, ["Root"], { leaves: leaves.slice(0, size), root }),
    ),
    wrong("an empty tree is not 32 zeros", 0, anyDigest("0")),
    wrong("a leaf without its prefix", 1, rootOf(0)),
    wrong("the last leaf twice", 3, doubled.root()),
    wrong("two leaves exchanged", 2, swapped.root()),
    wrong("a leaf too few", 8, rootOf(7)),
    wrong("a leaf too many", 3, rootOf(4)),
    wrong("the larger half on the right", 3, hashText(nodeHash(leafOf(0), nodeHash(leafOf(1), leafOf(2))))),
    wrong("the root of the root", 1, hashText(leafHash(bytes(rootOf(1).slice(7))))),
    wrong("another tree", 3, bare.root().replace(/.$/, "0")),
  ];
}

interface Inclusion {
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  readonly root: string;
  readonly proof: readonly string[];
}

function inclusion(index: number, size: number): Inclusion {
  const proof = hexOf(inclusionProof(hashes.slice(0, size), index));
  return { leaf: encodeHex(leafOf(index)), index, size, root: rootOf(size), proof };
}

function inclusionTests(): readonly VectorTest[] {
  const places = [1, 2, 3, 5, 7, 8].flatMap((size) =>
    Array.from({ length: size }, (_, index) => [index, size] as const),
  );
  const good = places.map(([index, size]) =>
    valid(`leaf ${index} of ${size}`, ["Inclusion"], { ...inclusion(index, size) }),
  );
  const base = inclusion(2, 7);
  const [first = "", ...others] = base.proof;
  const wrong = (comment: string, change: Partial<Inclusion>, from = base): VectorTest =>
    invalid(comment, ["Inclusion"], "bad_proof", { ...from, ...change });
  return [
    ...good,
    wrong("another leaf", { leaf: encodeHex(leafOf(3)) }),
    wrong("the leaf's data instead of its hash", { leaf: leaves[7] as string }, inclusion(7, 8)),
    wrong("another place", { index: 3 }),
    wrong("the place of its neighbour's proof", { index: 1 }),
    wrong("a place beyond the tree", { index: 7 }),
    wrong("a place below 0", { index: -1 }),
    wrong("a place that is no whole number", { index: 2.5 }),
    wrong("a larger tree", { size: 8 }, inclusion(6, 7)),
    wrong("a smaller tree", { size: 7 }, inclusion(6, 8)),
    wrong("a tree of 0", { size: 0, index: 0 }),
    wrong("another root", { root: rootOf(6) }),
    wrong("the root of an empty tree", { root: rootOf(0) }),
    wrong("a hash too few", { proof: others }),
    wrong("the last hash missing", { proof: base.proof.slice(0, -1) }),
    wrong("a hash too many", { proof: [...base.proof, first] }),
    wrong("hashes in another order", { proof: [...base.proof].reverse() }),
    wrong("a hash that was changed", { proof: [first.replace(/^../, "00"), ...others] }),
    wrong("a hash of 31 bytes", { proof: [first.slice(2), ...others] }),
    wrong("a hash of 33 bytes", { proof: [`${first}00`, ...others] }),
    wrong("no hashes", { proof: [] }),
    wrong("hashes where there are none", { proof: [first] }, inclusion(0, 1)),
    wrong("an inner node in the name of a leaf", {
      leaf: encodeHex(nodeHash(leafOf(2), leafOf(3))),
      index: 1,
      proof: others,
    }),
    wrong(
      "the root itself in the name of a leaf",
      { leaf: base.root.slice(7), index: 0, size: 1, proof: [] },
      {
        ...base,
        root: anyDigest("0"),
      },
    ),
    wrong("the last leaf of an odd tree as its neighbour", { index: 5 }, inclusion(6, 7)),
    wrong("the proof of the same leaf in a larger tree", { proof: inclusion(2, 8).proof }),
  ];
}

interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: string;
  readonly newSize: number;
  readonly newRoot: string;
  readonly proof: readonly string[];
}

function consistency(oldSize: number, newSize: number): Consistency {
  const proof = hexOf(consistencyProof(hashes.slice(0, newSize), oldSize));
  return { oldSize, oldRoot: rootOf(oldSize), newSize, newRoot: rootOf(newSize), proof };
}

function consistencyTests(): readonly VectorTest[] {
  const sizes: readonly (readonly [number, number])[] = [
    [0, 0],
    [0, 5],
    [1, 1],
    [1, 8],
    [2, 5],
    [2, 8],
    [3, 7],
    [4, 7],
    [4, 8],
    [5, 6],
    [6, 8],
    [7, 8],
    [8, 8],
  ];
  const base = consistency(3, 7);
  const even = consistency(4, 7);
  const [first = "", ...others] = base.proof;
  const wrong = (comment: string, change: Partial<Consistency>, from = base): VectorTest =>
    invalid(comment, ["Consistency"], "bad_proof", { ...from, ...change });
  return [
    ...sizes.map(([old, now]) =>
      valid(`${old} leaves, and ${now}`, ["Consistency"], { ...consistency(old, now) } as JsonObject),
    ),
    wrong("another old root", { oldRoot: rootOf(2) }),
    wrong("another old root, of a complete tree", { oldRoot: rootOf(3) }, even),
    wrong("another new root", { newRoot: rootOf(8) }),
    wrong("old and new exchanged", { oldRoot: base.newRoot, newRoot: base.oldRoot }),
    wrong("the old tree is the larger one", {
      oldSize: 7,
      newSize: 3,
      oldRoot: base.newRoot,
      newRoot: base.oldRoot,
    }),
    wrong("another old size", { oldSize: 4 }),
    wrong("another new size", { newSize: 4 }),
    wrong("a size below 0", { oldSize: -1 }),
    wrong("a hash too few", { proof: others }),
    wrong("a hash too many", { proof: [...base.proof, first] }),
    wrong("hashes in another order", { proof: [...base.proof].reverse() }),
    wrong("a hash that was changed", { proof: [...base.proof.slice(0, -1), anyDigest("0").slice(7)] }),
    wrong("no hashes", { proof: [] }),
    wrong("a hash of 31 bytes", { proof: [...base.proof.slice(0, -1), first.slice(2)] }),
    wrong("the same tree needs no hashes", { proof: [first] }, consistency(8, 8)),
    wrong("the same size with another root", { newRoot: rootOf(7) }, consistency(8, 8)),
    wrong("an empty tree needs no hashes", { proof: [first] }, consistency(0, 5)),
    wrong("an empty tree has one root only", { oldRoot: anyDigest("0") }, consistency(0, 5)),
  ];
}
