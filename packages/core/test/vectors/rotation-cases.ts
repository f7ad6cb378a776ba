import type { JsonObject } from "../../src/codec/json.ts";
import { jwkThumbprint, toJwk } from "../../src/receipt/jwk-thumbprint.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, endorsementOf, keyOf, stopped } from "./chain-writer.ts";
import { about, at, chain, endorsed, hour, root, second, signer, third, trust } from "./key-case.ts";
import { timeAt } from "./sample-bodies.ts";

/** Cases about the keys of a chain: handing over and revocation. */
export const rotationCases: readonly ChainCase[] = [...rotations(), ...revocations()];

function rotations(): readonly ChainCase[] {
  const rotation = about("Rotation");
  const over = chain().open().write(stopped).rotate(second).write(stopped);
  const twice = chain().open().rotate(second).rotate(third).write(stopped);
  const back = chain().open().rotate(second).rotate(signer).write(stopped);
  const same = chain().open().rotate(signer).write(stopped);
  const byOld = chain().open().rotate(second);
  byOld.add(byOld.next(stopped, signer));
  const byNew = chain().open();
  byNew.add(byNew.next(keyOf(second), second));
  const byAnother = chain().open();
  byAnother.add(byAnother.next(keyOf(second), third));
  const withOther = chain()
    .open()
    .write({ ...keyOf(second), kid: third.kid });
  const identity = toJwk(new Uint8Array(32).fill(0).fill(1, 0, 1));
  const small = chain()
    .open()
    .write({ type: "key", kid: jwkThumbprint(identity), jwk: { ...identity } });
  const offCurve = toJwk(new Uint8Array(32).fill(0).fill(2, 0, 1));
  const nowhere = chain()
    .open()
    .write({ type: "key", kid: jwkThumbprint(offCurve), jwk: { ...offCurve } }, stopped);
  const foreign = new ChainWriter({ signer: second }).open().rotate(signer).write(stopped);
  return [
    rotation("a chain that goes over to another key", over, trust(signer), "authentic"),
    rotation("a chain that goes over twice", twice, trust(signer), "authentic"),
    rotation("a chain that goes back to its first key", back, trust(signer), "authentic"),
    rotation("a chain that names its own key again", same, trust(signer), "authentic"),
    rotation("nobody said whom to trust", over, {}, "bound"),
    rotation("a receipt by the old key", byOld, trust(signer), at("unknown_key", byOld)),
    rotation(
      "a receipt by the old key, with both trusted",
      byOld,
      trust(signer, second),
      at("unknown_key", byOld),
    ),
    rotation("the new key names itself", byNew, trust(signer, second), at("unknown_key", byNew)),
    rotation("a third key names the new one", byAnother, trust(signer), at("unknown_key", byAnother)),
    rotation(
      "the new key comes with another's thumbprint",
      withOther,
      trust(signer),
      at("bad_key", withOther),
    ),
    rotation("the new key is of small order", small, trust(signer), at("bad_key", small)),
    rotation("the new key is no point of the curve: nothing is signed with it", nowhere, trust(signer), [
      "unknown_key",
      2,
      "main",
      2,
    ]),
    rotation("only the new key is trusted", over, trust(second), ["untrusted_key", 0, "main", 0]),
    rotation("a key that is not trusted hands over to one that is", foreign, trust(signer), [
      "untrusted_key",
      0,
      "main",
      0,
    ]),
  ];
}

function revocations(): readonly ChainCase[] {
  const revocation = about("Revocation");
  const plain = chain().open().write(stopped, stopped);
  const over = chain().open().rotate(second).write(stopped);
  const rooted = endorsed().write(stopped);
  const renewed = chain()
    .open()
    .rotate(second, { endorsement: endorsementOf(root, second, hour) })
    .write(stopped);
  const revoking = (options: JsonObject, ...revoked: readonly JsonObject[]): JsonObject => ({
    ...options,
    revoked,
  });
  const key = ({ kid }: { readonly kid: string }, ms?: number): JsonObject =>
    ms === undefined ? { kid } : { kid, since: timeAt(ms) };
  return [
    revocation(
      "a key that was revoked later",
      plain,
      revoking(trust(signer), key(signer, 2001)),
      "authentic",
    ),
    revocation("a key of others", plain, revoking(trust(signer), key(third)), "authentic"),
    revocation(
      "a key that was revoked after it handed over",
      over,
      revoking(trust(signer), key(signer, 1001)),
      "authentic",
    ),
    revocation("a root that was revoked later", rooted, revoking(trust(root), key(root, 1001)), "authentic"),
    revocation("a root on which no trust rests", rooted, revoking(trust(signer), key(root)), "authentic"),
    revocation("a key that was always revoked", plain, revoking(trust(signer), key(signer)), [
      "revoked_key",
      0,
      "main",
      0,
    ]),
    revocation("a key that is not trusted and was revoked", plain, revoking({}, key(signer)), [
      "revoked_key",
      0,
      "main",
      0,
    ]),
    revocation(
      "a key that was revoked at this very millisecond",
      plain,
      revoking(trust(signer), key(signer, 1000)),
      ["revoked_key", 1, "main", 1],
    ),
    revocation(
      "of two revocations the earlier one counts",
      plain,
      revoking(trust(signer), key(signer, 2000), key(signer, 1000)),
      ["revoked_key", 1, "main", 1],
    ),
    revocation(
      "of two revocations the one without a time counts",
      plain,
      revoking(trust(signer), key(signer, 2000), key(signer)),
      ["revoked_key", 0, "main", 0],
    ),
    revocation("the key that was handed over to", over, revoking(trust(signer), key(second)), [
      "revoked_key",
      2,
      "main",
      2,
    ]),
    revocation("the key that hands over", over, revoking(trust(signer), key(signer, 1000)), [
      "revoked_key",
      1,
      "main",
      1,
    ]),
    revocation("the root that endorsed the first key", rooted, revoking(trust(root), key(root)), [
      "revoked_key",
      0,
      "main",
      0,
    ]),
    revocation("the root that endorsed it, from a time on", rooted, revoking(trust(root), key(root, 1000)), [
      "revoked_key",
      1,
      "main",
      1,
    ]),
    revocation("the root that endorsed the next key", renewed, revoking(trust(signer, root), key(root)), [
      "revoked_key",
      1,
      "main",
      1,
    ]),
  ];
}
