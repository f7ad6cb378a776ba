import { readWhole } from "../action/config-values.ts";
import { type Clock, systemClock } from "../clock.ts";
import { encodeBase64url } from "../codec/base64url.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig, messageOf, VerificationError } from "../errors.ts";
import { endorsementInput, verifyEndorsement } from "./endorsement.ts";
import { jwkThumbprint, publicKeyBytes, toJwk } from "./jwk-thumbprint.ts";
import type { Endorsement, PublicJwk, ReceiptBody } from "./receipt.ts";
import type { RootSigner } from "./root-signer.ts";
import { SigningFailed } from "./sign-body.ts";
import type { Signer } from "./signer.ts";

/** What a root key says of another key. */
export interface EndorseOptions {
  /** How long the key may sign, in milliseconds. */
  readonly ttlMs: number;
  /** From when on, in epoch milliseconds by the clock of the gate that will sign. @default now */
  readonly notBefore?: number;
  /** The only chain that it may sign. @default any */
  readonly chain?: string;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * Has a root key vouch for a signing key that lives elsewhere and shorter; only the public half of it is needed.
 *
 * Whoever trusts the root trusts receipts under the key whose time is within the bounds, both included. Give the
 * endorsement to the key's signer with {@link withEndorsement}.
 *
 * @throws InvalidConfig for options that make no sense; VerificationError for a key that is none;
 * SigningFailed (a VerificationError) when the root fails or what it answers does not verify under its key.
 */
export async function endorse(
  root: RootSigner,
  key: { readonly publicKey: PublicJwk },
  { ttlMs, chain, clock = systemClock, notBefore = clock.now() }: EndorseOptions,
): Promise<Endorsement> {
  readWhole(notBefore, "notBefore", 0);
  readWhole(ttlMs, "ttlMs", 1);
  if (chain !== undefined && (typeof chain !== "string" || chain === "")) {
    throw new InvalidConfig("chain", "expected the name of a chain; leave it out for any");
  }
  const jwk = toJwk(publicKeyBytes(root.publicKey));
  const terms = given({ chain, notbefore: instantOf(notBefore), notafter: instantOf(notBefore + ttlMs) });
  const input = endorsementInput(toJwk(publicKeyBytes(key.publicKey)), terms);
  try {
    const signature = await root.sign(input);
    const endorsement = { kid: jwkThumbprint(jwk), jwk, ...terms, sig: encodeBase64url(signature) };
    // A service may sign a digest or encode as it likes; better to hear of it now than from a verifier.
    verifyEndorsement(endorsement, key.publicKey);
    return endorsement;
  } catch (cause) {
    throw new SigningFailed(`the root key did not endorse: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The same signer with an endorsement, which its chain then has on record.
 *
 * It signs no receipt of another time or chain than it is endorsed for, so that its gate denies; go over to
 * another key with `gate.rotate` before that.
 *
 * @throws VerificationError when it is no endorsement, not of this key, or its signature does not fit.
 */
export function withEndorsement(signer: Signer, endorsement: Endorsement): Signer {
  verifyEndorsement(endorsement, signer.publicKey);
  const { kid, publicKey } = signer;
  return {
    kid,
    publicKey,
    endorsement,
    sign(bytes, body) {
      const problem = body === undefined ? null : whyNotCovered(body, endorsement);
      if (problem !== null) throw new VerificationError(problem);
      return signer.sign(bytes, body);
    },
  };
}

/** Why no verifier would take a receipt under a key that is endorsed so; null when one will. */
function whyNotCovered(body: ReceiptBody, own: Endorsement): string | null {
  // A root that vouches for the next key vouches for its taking over, also from a key that has run out.
  const endorsement = body.type === "key" ? body.endorsement : own;
  if (endorsement === undefined) {
    return "the chain is under an endorsed key: have the one that it is to go over to endorsed, too";
  }
  const { notbefore, notafter, chain } = endorsement;
  if (chain !== undefined && chain !== body.chain) return `the key is endorsed for chain "${chain}" only`;
  if (notbefore <= body.time && body.time <= notafter) return null;
  return `the key is endorsed from ${notbefore} to ${notafter} only: have another one endorsed, and rotate to it`;
}

function instantOf(time: number): string {
  const instant = new Date(time);
  // Beyond the year 9999 the texts would not sort.
  if (!(instant.getTime() < 253_402_300_800_000)) {
    throw new InvalidConfig("ttlMs", "the endorsement would end after the year 9999");
  }
  return instant.toISOString();
}
