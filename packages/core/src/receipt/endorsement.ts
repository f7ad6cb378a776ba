import { createVerifier } from "#ed25519";
import { decodeBase64url } from "../codec/base64url.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { given } from "../codec/given.ts";
import { signingInput } from "../codec/signing-input.ts";
import { messageOf, VerificationError } from "../errors.ts";
import { jwkThumbprint, publicKeyBytes } from "./jwk-thumbprint.ts";
import { type Endorsement, endorsementPayloadType, type PublicJwk } from "./receipt.ts";
import { endorsementProblem } from "./receipt-schema.ts";

/** What an endorsement says of a key, apart from who says it. */
export type EndorsementTerms = Pick<Endorsement, "notbefore" | "notafter" | "chain">;

/** The bytes that a root key signs to endorse `key`; see {@link Endorsement}. */
export function endorsementInput(key: PublicJwk, terms: EndorsementTerms): Uint8Array {
  const { crv, kty, x } = key;
  const { chain, notbefore, notafter } = terms;
  const claim = given({ v: 1, chain, jwk: { crv, kty, x }, kid: jwkThumbprint(key), notafter, notbefore });
  return signingInput(endorsementPayloadType, canonicalJson(claim, "receipt"));
}

/**
 * Reads an endorsement as it comes from a file; its signature is not checked.
 *
 * @throws VerificationError naming the member that is missing, unknown or of the wrong form.
 */
export function readEndorsement(value: unknown): Endorsement {
  const problem = endorsementProblem(value);
  if (problem !== null) throw new VerificationError(`this is no endorsement: ${problem}`);
  return value as Endorsement;
}

/**
 * Checks that an endorsement is one of `key`, and that its signature is that of the root key it names.
 *
 * Whether that root is to be trusted, and whether it is in time, is for the caller to say.
 *
 * @throws VerificationError saying what does not fit.
 */
export function verifyEndorsement(endorsement: Endorsement, key: PublicJwk): void {
  const problem = whyNotEndorsed(readEndorsement(endorsement), key);
  if (problem !== null) throw new VerificationError(problem);
}

/** What is wrong with an endorsement of `key` whose shape is right, in words for a person; null when nothing is. */
export function whyNotEndorsed(endorsement: Endorsement, key: PublicJwk): string | null {
  const { kid, jwk, notbefore, notafter, sig } = endorsement;
  if (jwkThumbprint(jwk) !== kid) return `${kid} is not the thumbprint of the root key it comes with`;
  if (notafter < notbefore) return `the endorsement ends at ${notafter}, before it begins at ${notbefore}`;
  try {
    const verify = createVerifier(publicKeyBytes(jwk));
    return verify(decodeBase64url(sig), endorsementInput(key, endorsement))
      ? null
      : `the endorsement by key ${kid} is not one of key ${jwkThumbprint(key)} on these terms`;
  } catch (error) {
    return messageOf(error);
  }
}
