import type { JsonObject } from "../../src/codec/json.ts";
import { jwkThumbprint, toJwk } from "../../src/receipt/jwk-thumbprint.ts";
import type { ChainCase } from "./chain-case.ts";
import { type ChainWriter, endorsementOf, keyOf, stopped } from "./chain-writer.ts";
import { about, at, chain, endorsed, hour, root, second, signer, third, trust } from "./key-case.ts";
import { timeAt } from "./sample-bodies.ts";

/** Cases about keys that a root vouches for. */
export const endorsementCases: readonly ChainCase[] = [...endorsements(), ...brokenWords()];

function endorsements(): readonly ChainCase[] {
  const endorsement = about("Endorsement");
  const sound = endorsed().write(stopped);
  const until = endorsed({ notafter: timeAt(1000) }).write(stopped);
  const after = endorsed({ notafter: timeAt(999) }).write(stopped);
  const before = endorsed({ notbefore: timeAt(1) });
  const own = endorsed({ chain: "main" }).write(stopped);
  const handed = endorsed({ notafter: timeAt(2000) })
    .rotate(second)
    .write(stopped);
  const handedLate = endorsed({ notafter: timeAt(1999) })
    .rotate(second)
    .write(stopped);
  const renewal = {
    endorsement: endorsementOf(root, second, { notbefore: timeAt(500), notafter: timeAt(9000) }),
  };
  const renewed = endorsed({ notafter: timeAt(1000) })
    .rotate(second, renewal)
    .write(stopped, stopped);
  const takenOver = endorsed({ notafter: timeAt(1999) })
    .write(stopped)
    .rotate(second, renewal)
    .write(stopped);
  const tooLate = endorsed({ notafter: timeAt(1999) })
    .write(stopped)
    .rotate(second);
  const freedLate = endorsed({ notafter: timeAt(999) })
    .rotate(second)
    .write(stopped);
  const notYet = {
    endorsement: endorsementOf(root, second, { notbefore: timeAt(1001), notafter: timeAt(9000) }),
  };
  const tooEarly = endorsed().rotate(second, notYet);
  const freed = endorsed({ notafter: timeAt(1000) })
    .rotate(second)
    .write(stopped);
  const byAnother = { endorsement: endorsementOf(third, second, hour) };
  const foreign = endorsed({ notafter: timeAt(1000) })
    .rotate(second, byAnother)
    .write(stopped);
  return [
    endorsement("a first key that a trusted root endorses", sound, trust(root), "authentic"),
    endorsement("its first millisecond and its last", until, trust(root), "authentic"),
    endorsement("an endorsement for this chain", own, trust(root), "authentic"),
    endorsement("a trusted key needs no endorsement, and has no bounds", after, trust(signer), "authentic"),
    endorsement("nobody said whom to trust, so that there are no bounds", after, {}, "bound"),
    endorsement("a key that was handed over to has the same bounds", handed, trust(root), "authentic"),
    endorsement("a key with an endorsement of its own has its bounds", renewed, trust(root), "authentic"),
    endorsement(
      "a key that is handed over to and trusted itself has none",
      freed,
      trust(root, second),
      "authentic",
    ),
    endorsement("a root that is not trusted", sound, trust(third), ["untrusted_key", 0, "main", 0]),
    endorsement("a millisecond after its end", after, trust(root), at("expired_key", after)),
    endorsement("a millisecond before its beginning", before, trust(root), at("expired_key", before)),
    endorsement(
      "a key that was handed over to, after the end",
      handedLate,
      trust(root),
      at("expired_key", handedLate),
    ),
    endorsement(
      "a key with an endorsement of its own takes over from one that has run out",
      takenOver,
      trust(root),
      "authentic",
    ),
    endorsement(
      "a trusted key takes over from one that has run out",
      freedLate,
      trust(root, second),
      "authentic",
    ),
    endorsement("another key cannot", tooLate, trust(root), at("expired_key", tooLate)),
    endorsement(
      "a key takes over before its own endorsement begins",
      tooEarly,
      trust(root),
      at("expired_key", tooEarly),
    ),
    endorsement(
      "an endorsement by another root changes no bounds",
      foreign,
      trust(root),
      at("expired_key", foreign),
    ),
  ];
}

function brokenWords(): readonly ChainCase[] {
  const broken = about("BadEndorsement");
  const word = endorsementOf(root, signer, hour);
  const start = (endorsement: JsonObject): ChainWriter => chain().open({ endorsement });
  const cases: readonly (readonly [string, JsonObject])[] = [
    ["its end was changed", { ...word, notafter: timeAt(7_200_000) }],
    ["its beginning was changed", { ...word, notbefore: timeAt(-1) }],
    ["a chain was added", { ...word, chain: "main" }],
    ["it is of another key", endorsementOf(root, second, hour)],
    ["it is for another chain", endorsementOf(root, signer, { ...hour, chain: "other" })],
    ["it ends before it begins", endorsementOf(root, signer, { notbefore: timeAt(1), notafter: timeAt(0) })],
    [
      "another key signed it in the root's name",
      { ...word, sig: endorsementOf(third, signer, hour).sig as string },
    ],
    ["the root's thumbprint is another's", { ...word, kid: third.kid }],
    ["the root is of small order", smallRoot()],
    [
      "its signature has unused bits that are set",
      { ...word, sig: `${(word.sig as string).slice(0, -1)}${nextLetter(word.sig as string)}` },
    ],
  ];
  const later = chain()
    .open()
    .write({ ...keyOf(second), endorsement: { ...word } });
  return [
    ...cases.map(([comment, endorsement]) =>
      broken(comment, start(endorsement), trust(root), ["bad_endorsement", 0, "main", 0]),
    ),
    broken(
      "it is checked although the key is trusted itself",
      start(endorsementOf(root, second, hour)),
      trust(signer),
      ["bad_endorsement", 0, "main", 0],
    ),
    broken("it is checked although nobody said whom to trust", start(endorsementOf(root, second, hour)), {}, [
      "bad_endorsement",
      0,
      "main",
      0,
    ]),
    broken(
      "it is checked when a chain is handed over, too",
      later,
      trust(signer),
      at("bad_endorsement", later),
    ),
  ];
}

function smallRoot(): JsonObject {
  const jwk = toJwk(new Uint8Array(32).fill(0).fill(1, 0, 1));
  return { ...endorsementOf(root, signer, hour), kid: jwkThumbprint(jwk), jwk: { ...jwk } };
}

/** The letter after the last one: with 86 of them its lowest bits belong to no byte. */
function nextLetter(sig: string): string {
  return String.fromCharCode(sig.charCodeAt(sig.length - 1) + 1);
}
