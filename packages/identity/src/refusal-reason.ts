import { errors } from "jose";

/** What is wrong with a token, in words that quote nothing of it; null when it is not the token that is at fault. */
export function refusalReason(error: unknown): string | null {
  if (error instanceof errors.JWTExpired) return "the credential has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error);
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the credential's signature is wrong";
  if (error instanceof errors.JWKSNoMatchingKey) return "the credential is signed by a key that is not known";
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return "the credential does not say which of several keys it is signed by";
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return "the credential is signed in a way that is not accepted";
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return "the credential is no signed token";
  }
  return null;
}

function claimReason({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === "missing") return `the credential has no ${claim}`;
  if (reason === "check_failed") {
    if (claim === "aud") return "the credential is made out to another audience";
    if (claim === "iss") return "the credential is of another issuer";
    if (claim === "typ") return "the credential is of another type";
    if (claim === "nbf") return "the credential is not valid yet";
  }
  return `the credential's ${claim} makes no sense`;
}
