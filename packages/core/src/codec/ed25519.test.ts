import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { etc, Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import * as noble from "./ed25519.noble.ts";
import * as node from "./ed25519.node.ts";

const vectors = fileURLToPath(
  new URL("../../../../../shared/vectors/wycheproof/ed25519_test.json", import.meta.url),
);

interface Vectors {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string; comment: string }[];
  }[];
}

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const prime = 2n ** 255n - 19n;
const message = new TextEncoder().encode("one message");

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0")).reverse();
}

function toScalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

/** Every encoding of a point of small order: both signs, and y + p where that fits into 255 bits. */
function smallOrderEncodings(): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const generator = torsionGenerator();
  for (let n = 0n, point = Point.ZERO; n < 8n; n++, point = point.add(generator)) {
    for (const y of [point.toAffine().y, point.toAffine().y + prime]) {
      if (y >= 2n ** 255n) continue;
      for (const sign of [0, 0x80]) {
        const bytes = littleEndian(y);
        bytes[31]! |= sign;
        found.set(Buffer.from(bytes).toString("hex"), bytes);
      }
    }
  }
  return [...found.values()];
}

/** A point of order 8: what is left of some point once the large subgroup is multiplied away. */
function torsionGenerator(): Point {
  for (let y = 2n; ; y++) {
    let point: Point;
    try {
      point = Point.fromBytes(littleEndian(y));
    } catch {
      continue;
    }
    const left = point.multiply(order - 1n, false).add(point);
    if (!left.multiply(4n, false).is0()) return left;
  }
}

describe.each([
  ["node:crypto", node],
  ["noble", noble],
])("Ed25519 on %s", (_, { createSigningKey, createVerifier }) => {
  it("signs as RFC 8032, section 7.1, test 3 says", () => {
    const key = createSigningKey(fromHex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    expect(Buffer.from(key.publicKey).toString("hex")).toBe(
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    );
    expect(Buffer.from(key.sign(fromHex("af82"))).toString("hex")).toBe(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    );
  });

  it.skipIf(!existsSync(vectors))("judges every one of Wycheproof's cases as Wycheproof does", () => {
    const suite: Vectors = JSON.parse(readFileSync(vectors, "utf8"));
    let count = 0;
    for (const group of suite.testGroups) {
      const verify = createVerifier(fromHex(group.publicKey.pk));
      for (const test of group.tests) {
        count++;
        const valid = verify(fromHex(test.sig), fromHex(test.msg));
        expect(valid, `tcId ${test.tcId}: ${test.comment}`).toBe(test.result === "valid");
      }
    }
    expect(count).toBe(suite.numberOfTests);
    expect(count).toBe(151);
  });

  it("refuses every encoding of a public key of small order", () => {
    const encodings = smallOrderEncodings();
    expect(encodings).toHaveLength(14);
    for (const bytes of encodings) expect(() => createVerifier(bytes)).toThrow(VerificationError);
  });

  it("refuses every encoding of an R of small order", () => {
    const seed = new Uint8Array(32).fill(7);
    const { publicKey } = createSigningKey(seed);
    const secret = clampedScalar(seed);
    const verify = createVerifier(publicKey);
    for (const r of smallOrderEncodings()) {
      // S = k * a makes [S]B - [k]A the identity: valid by the equation alone where R is the identity.
      const k = toScalar(sha512(etc.concatBytes(r, publicKey, message))) % order;
      const forged = etc.concatBytes(r, littleEndian((k * secret) % order));
      expect(verify(forged, message)).toBe(false);
    }
  });

  it("refuses a public key whose y is not below the prime", () => {
    for (let y = prime; y < 2n ** 255n; y++) {
      expect(() => createVerifier(littleEndian(y))).toThrow(VerificationError);
    }
    expect(() => createVerifier(littleEndian(prime - 2n))).not.toThrow();
  });

  it("refuses an S that is not below the order", () => {
    const key = createSigningKey(new Uint8Array(32).fill(1));
    const signature = key.sign(message);
    const verify = createVerifier(key.publicKey);
    expect(verify(signature, message)).toBe(true);
    const s = toScalar(signature.subarray(32));
    expect(verify(etc.concatBytes(signature.subarray(0, 32), littleEndian(s + order)), message)).toBe(false);
  });

  it("refuses a signature that only holds once the cofactor is cleared", () => {
    const seed = new Uint8Array(32).fill(9);
    const { publicKey } = createSigningKey(seed);
    const r = Point.BASE.multiply(12345n).add(torsionGenerator()).toBytes();
    const k = toScalar(sha512(etc.concatBytes(r, publicKey, message))) % order;
    const s = littleEndian((12345n + k * clampedScalar(seed)) % order);
    expect(createVerifier(publicKey)(etc.concatBytes(r, s), message)).toBe(false);
  });

  it("says false, and does not throw, to a signature of another length", () => {
    const key = createSigningKey(new Uint8Array(32).fill(1));
    const verify = createVerifier(key.publicKey);
    const signature = key.sign(message);
    expect(verify(signature.subarray(0, 63), message)).toBe(false);
    expect(verify(etc.concatBytes(signature, new Uint8Array(1)), message)).toBe(false);
    expect(verify(new Uint8Array(0), message)).toBe(false);
  });

  it("says false under a key that is on no curve", () => {
    const key = createSigningKey(new Uint8Array(32).fill(1));
    expect(createVerifier(littleEndian(2n))(key.sign(message), message)).toBe(false);
  });

  it("refuses seeds and keys of another length", () => {
    expect(() => createSigningKey(new Uint8Array(31))).toThrow(VerificationError);
    expect(() => createVerifier(new Uint8Array(33))).toThrow(VerificationError);
  });
});

describe("both back ends of Ed25519", () => {
  it("give the same keys and signatures, and verify each other's", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 200 }),
        (seed, bytes) => {
          const keys = [node.createSigningKey(seed), noble.createSigningKey(seed)] as const;
          expect(keys[1].publicKey).toEqual(keys[0].publicKey);
          const signature = keys[0].sign(bytes);
          expect(keys[1].sign(bytes)).toEqual(signature);
          expect(noble.createVerifier(keys[0].publicKey)(signature, bytes)).toBe(true);
          expect(node.createVerifier(keys[0].publicKey)(signature, bytes)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("agree under public keys with a small-order part", () => {
    const torsion = torsionGenerator();
    const accepted = { node: 0, noble: 0 };
    for (let n = 1; n <= 40; n++) {
      const bytes = new Uint8Array([n]);
      const secret = BigInt(1000 + n);
      const publicKey = Point.BASE.multiply(secret).add(torsion).toBytes();
      const r = Point.BASE.multiply(BigInt(n + 1)).toBytes();
      const k = toScalar(sha512(etc.concatBytes(r, publicKey, bytes))) % order;
      const signature = etc.concatBytes(r, littleEndian((BigInt(n + 1) + k * secret) % order));
      if (node.createVerifier(publicKey)(signature, bytes)) accepted.node++;
      if (noble.createVerifier(publicKey)(signature, bytes)) accepted.noble++;
    }
    // One in eight on average: those whose k is a multiple of 8.
    expect(accepted.node).toBeGreaterThan(0);
    expect(accepted.node).toBeLessThan(40);
    expect(accepted.noble).toBe(accepted.node);
  });
});

/** The secret scalar of a seed (RFC 8032, section 5.1.5). */
function clampedScalar(seed: Uint8Array): bigint {
  const half = sha512(seed).slice(0, 32);
  half[0]! &= 248;
  half[31]! &= 127;
  half[31]! |= 64;
  return toScalar(half);
}
