import { base64url, type JWK } from "jose";

/** RFC 7518 section 3.3. */
export const weakRsa = "is an RSA key of fewer than 2048 bits";

/**
 * Why no token can be verified by a key of a sort that is used here, or null: with such a key each token would be
 * told to come again later. Keys of other sorts verify nothing, and are nobody's fault: key sets hold them too.
 */
export function keyProblem({ kty, crv, x, y, n, e }: JWK): string | null {
  if (kty === "RSA") {
    if (bytesOf(e).length === 0) return "has no exponent";
    return bitsOf(bytesOf(n)) < 2048 ? weakRsa : null;
  }
  const isPoint = bytesOf(x).length === 32 && (crv !== "P-256" || bytesOf(y).length === 32);
  return (crv === "Ed25519" || crv === "P-256") && !isPoint ? `is no whole ${crv} key` : null;
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) return new Uint8Array();
  try {
    return base64url.decode(text);
  } catch {
    return new Uint8Array();
  }
}

function bitsOf([first = 0, ...rest]: Uint8Array): number {
  return first === 0 ? 0 : rest.length * 8 + 32 - Math.clz32(first);
}
