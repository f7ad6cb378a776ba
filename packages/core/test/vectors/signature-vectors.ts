import { etc, Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../src/codec/hex.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { jwkThumbprint, toJwk } from "../../src/receipt/jwk-thumbprint.ts";
import { type PublicJwk, receiptPayloadType } from "../../src/receipt/receipt.ts";
import { vectorSigner } from "./signed-line.ts";
import { invalid, type VectorGroup, type VectorTest, valid } from "./vector-file.ts";

/** The order of the base point, and the prime of the field. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const prime = 2n ** 255n - 19n;

const message = new TextEncoder().encode("one message");
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const littleEndian = (value: bigint): Uint8Array => bytes(value.toString(16).padStart(64, "0")).reverse();
const scalarOf = (half: Uint8Array): bigint => BigInt(`0x${Buffer.from(half).reverse().toString("hex")}`);

/** `k` of RFC 8032, section 5.1.7. */
function challenge(r: Uint8Array, publicKey: Uint8Array, msg: Uint8Array): bigint {
  return scalarOf(sha512(etc.concatBytes(r, publicKey, msg))) % order;
}

function test(
  result: "valid" | string,
  comment: string,
  flags: readonly string[],
  msg: Uint8Array,
  sig: Uint8Array,
): VectorTest {
  const members = { msg: encodeHex(msg), sig: encodeHex(sig) };
  return result === "valid" ? valid(comment, flags, members) : invalid(comment, flags, result, members);
}

function group(publicKey: Uint8Array, tests: readonly VectorTest[]): VectorGroup {
  const jwk = toJwk(publicKey);
  return {
    type: "Ed25519Verify",
    publicKey: { hex: encodeHex(publicKey), jwk, kid: jwkThumbprint(jwk) },
    tests,
  };
}

/** Ed25519 as strict as every verifier of receipts must be. */
export function ed25519Groups(): readonly VectorGroup[] {
  return [
    group(bytes(rfc8032.key), rfc8032Tests()),
    ownKey(),
    ...mixedKeys(),
    ...smallOrderKeys(),
    ...otherKeys(),
  ];
}

/** RFC 8032, section 7.1, TEST 3: also a check that the vectors speak of the same Ed25519. */
const rfc8032 = {
  key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
  msg: "af82",
  sig: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
};

function rfc8032Tests(): readonly VectorTest[] {
  const { msg, sig } = rfc8032;
  return [
    test("valid", "RFC 8032, section 7.1, TEST 3", [], bytes(msg), bytes(sig)),
    test("bad_signature", "another message", ["Changed"], bytes("af83"), bytes(sig)),
  ];
}

function ownKey(): VectorGroup {
  const signer = vectorSigner(7);
  const publicKey = Buffer.from(signer.publicKey.x, "base64url");
  const sign = (msg: Uint8Array): Uint8Array => signer.sign(msg);
  const good = sign(message);
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const changed = (offset: number, bits = 1): Uint8Array =>
    good.map((byte, at) => (at === offset ? byte ^ bits : byte));
  const pae = signingInput(receiptPayloadType, '{"v":1}');
  const secret = scalarOf(clamped(bytes(signer.seed)));
  return group(publicKey, [
    test("valid", "a message", [], message, good),
    test("valid", "an empty message", [], new Uint8Array(0), sign(new Uint8Array(0))),
    test(
      "valid",
      "a long message",
      [],
      new Uint8Array(2000).fill(0x5a),
      sign(new Uint8Array(2000).fill(0x5a)),
    ),
    test("valid", "a signing input", [], pae, sign(pae)),
    test(
      "bad_signature",
      "the body alone was signed",
      ["Changed"],
      pae,
      sign(new TextEncoder().encode('{"v":1}')),
    ),
    test(
      "bad_signature",
      "a bit of the message changed",
      ["Changed"],
      message.map((byte, at) => (at === 3 ? byte ^ 4 : byte)),
      good,
    ),
    test("bad_signature", "a byte of the message missing", ["Changed"], message.subarray(1), good),
    test("bad_signature", "the first bit of R changed", ["Changed"], message, changed(0)),
    test("bad_signature", "the sign bit of R changed", ["Changed"], message, changed(31, 0x80)),
    test("bad_signature", "the first bit of S changed", ["Changed"], message, changed(32)),
    test("bad_signature", "the topmost bit of S changed", ["Changed"], message, changed(63, 0x80)),
    test("bad_signature", "R and S exchanged", ["Changed"], message, etc.concatBytes(s, r)),
    test("bad_signature", "signed by another key", ["Changed"], message, vectorSigner(8).sign(message)),
    test(
      "bad_signature",
      "S + L",
      ["Malleable"],
      message,
      etc.concatBytes(r, littleEndian(scalarOf(s) + order)),
    ),
    test(
      "bad_signature",
      "S + 2L",
      ["Malleable"],
      message,
      etc.concatBytes(r, littleEndian(scalarOf(s) + 2n * order)),
    ),
    test("bad_signature", "S is L", ["Malleable"], message, etc.concatBytes(r, littleEndian(order))),
    test("bad_signature", "all bits set", ["Malleable"], message, new Uint8Array(64).fill(0xff)),
    test("bad_signature", "all bits clear", ["SmallOrder"], message, new Uint8Array(64)),
    test("bad_signature", "63 bytes", ["Length"], message, good.subarray(0, 63)),
    test("bad_signature", "65 bytes", ["Length"], message, etc.concatBytes(good, new Uint8Array(1))),
    test("bad_signature", "no bytes", ["Length"], message, new Uint8Array(0)),
    ...smallOrderEncodings().map(({ encoding, name }) => {
      // [S]B - [k]A is the identity: where R is too, the equation holds.
      const forged = littleEndian((challenge(encoding, publicKey, message) * secret) % order);
      return test(
        "bad_signature",
        `R is ${name}`,
        ["SmallOrder"],
        message,
        etc.concatBytes(encoding, forged),
      );
    }),
  ]);
}

/** Keys with a part of small order, under which verifiers differ: only the equation without a cofactor counts. */
function mixedKeys(): readonly VectorGroup[] {
  const torsion = torsionGenerator();
  const groups: VectorGroup[] = [];
  const wanted = new Set([true, false]);
  for (let n = 1; wanted.size > 0; n++) {
    const msg = new Uint8Array([n]);
    const secret = BigInt(1000 + n);
    const publicKey = Point.BASE.multiply(secret).add(torsion).toBytes();
    const r = Point.BASE.multiply(BigInt(n + 1)).toBytes();
    const k = challenge(r, publicKey, msg);
    const exact = k % 8n === 0n;
    if (!wanted.delete(exact)) continue;
    const sig = etc.concatBytes(r, littleEndian((BigInt(n + 1) + k * secret) % order));
    const comment = exact ? "holds without a cofactor" : "holds only times the cofactor";
    groups.push(group(publicKey, [test(exact ? "valid" : "bad_signature", comment, ["Cofactor"], msg, sig)]));
  }
  const signer = vectorSigner(9);
  const publicKey = Buffer.from(signer.publicKey.x, "base64url");
  const r = Point.BASE.multiply(12345n).add(torsion).toBytes();
  const s = (12345n + challenge(r, publicKey, message) * scalarOf(clamped(bytes(signer.seed)))) % order;
  const sig = etc.concatBytes(r, littleEndian(s));
  const comment = "R has a part of small order: holds only times the cofactor";
  return [...groups, group(publicKey, [test("bad_signature", comment, ["Cofactor"], message, sig)])];
}

/** Under a key of small order one signature fits many messages, so it is no key. */
function smallOrderKeys(): readonly VectorGroup[] {
  const r = Point.BASE.multiply(5n).toBytes();
  return smallOrderEncodings().map(({ encoding, name }) =>
    group(encoding, [
      test("bad_key", `the key is ${name}`, ["SmallOrder"], message, etc.concatBytes(r, littleEndian(5n))),
    ]),
  );
}

function otherKeys(): readonly VectorGroup[] {
  const sig = vectorSigner(7).sign(message);
  const canonical = littleEndian(prime - 2n);
  return [
    ...[prime + 3n, 2n ** 255n - 1n].map((y) =>
      group(littleEndian(y), [
        test("bad_key", "the key's y is not below the prime", ["NonCanonical"], message, sig),
      ]),
    ),
    group(littleEndian(2n), [
      test("bad_signature", "no point of the curve has the key's y", ["NonCanonical"], message, sig),
    ]),
    group(canonical, [
      test(
        "bad_signature",
        "the largest y of a key that is a point or may be one",
        ["NonCanonical"],
        message,
        sig,
      ),
    ]),
  ];
}

/** Every encoding of a point of small order: both signs of x, and y + p where that fits into 255 bits. */
function smallOrderEncodings(): readonly { readonly encoding: Uint8Array; readonly name: string }[] {
  const found = new Map<string, string>();
  const generator = torsionGenerator();
  for (let n = 0, point = Point.ZERO; n < 8; n++, point = point.add(generator)) {
    const orderOf = [1, 8, 4, 8, 2, 8, 4, 8][n];
    for (const [y, form] of [
      [point.toAffine().y, ""],
      [point.toAffine().y + prime, ", y not below the prime"],
    ] as const) {
      if (y >= 2n ** 255n) continue;
      for (const [sign, x] of [
        [0, "x even"],
        [0x80, "x odd"],
      ] as const) {
        const encoding = littleEndian(y);
        encoding[31] = (encoding[31] ?? 0) | sign;
        found.set(encodeHex(encoding), `a point of order ${orderOf}, ${x}${form}`);
      }
    }
  }
  return [...found].sort().map(([hex, name]) => ({ encoding: bytes(hex), name }));
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
    const torsion = point.multiply(order - 1n, false).add(point);
    if (!torsion.double().double().equals(Point.ZERO)) return torsion;
  }
}

/** The lower half of the hashed seed, clamped (RFC 8032, section 5.1.5). */
function clamped(seed: Uint8Array): Uint8Array {
  const half = sha512(seed).slice(0, 32);
  half[0] = (half[0] ?? 0) & 248;
  half[31] = ((half[31] ?? 0) & 127) | 64;
  return half;
}

/** What the groups mean by their flags. */
export const ed25519Notes: Readonly<Record<string, string>> = {
  Changed: "A signature fits one message and one key.",
  Cofactor:
    "Verifiers that clear the cofactor accept more: the equation must hold as it stands, R byte for byte.",
  Length: "A signature is 64 bytes.",
  Malleable:
    "S must be below the order L (RFC 8032, section 5.1.7): else there are several signatures for one message.",
  NonCanonical: "y must be below the prime (RFC 8032, section 5.1.3): else one key has several thumbprints.",
  SmallOrder: "Points of small order are no keys and no R: one signature would fit many messages.",
};

/** The public members of an RFC 8037 key, and what is not one. */
export function keyGroups(): readonly VectorGroup[] {
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
  const jwk: JsonObject = { kty: "OKP", crv: "Ed25519", x };
  const own = vectorSigner(7);
  return [
    {
      type: "KeyThumbprint",
      tests: [
        valid("RFC 8037, appendix A.3", ["Thumbprint"], { jwk, kid }),
        valid("a key of these vectors", ["Thumbprint"], { jwk: { ...own.publicKey }, kid: own.kid }),
        invalid("another key's", ["Thumbprint"], "bad_key", { jwk, kid: own.kid }),
        invalid("of the key's bytes alone", ["Thumbprint"], "bad_key", { jwk, kid: x }),
        invalid("a key of 31 bytes", ["Thumbprint"], "bad_key", { jwk: { ...jwk, x: x.slice(0, 42) }, kid }),
        ...[
          ["a key of another curve", { ...jwk, crv: "X25519" }] as const,
          ["a key of another type", { ...jwk, kty: "EC" }] as const,
          // Their own thumbprints: it is the key that is wrong.
        ].map(([comment, other]) =>
          invalid(comment, ["Thumbprint"], "bad_key", {
            jwk: other,
            kid: jwkThumbprint(other as unknown as PublicJwk),
          }),
        ),
      ],
    },
  ];
}
