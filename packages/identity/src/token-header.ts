import { decodeProtectedHeader, type ProtectedHeaderParameters } from "jose";
import type { JwtAlgorithm } from "./jwt-identity-options.ts";
import { RefusedToken } from "./refused-token.ts";

// JWT-SVID section 2: no other parameters.
const spiffeParameters: readonly string[] = ["alg", "kid", "typ"];
const spiffeTypes: readonly unknown[] = [undefined, "JWT", "JOSE"];

/**
 * Checks what can be known before any key is looked for, so that no token chooses how it is verified.
 *
 * @throws RefusedToken
 */
export function checkHeader(token: string, algorithms: readonly JwtAlgorithm[], isSpiffe: boolean): void {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new RefusedToken("the credential is no signed token");
  }
  if (!(algorithms as readonly unknown[]).includes(header.alg)) {
    throw new RefusedToken(`the credential is not signed with ${algorithms.join(" or ")}`);
  }
  if ("crit" in header) throw new RefusedToken("the credential has extensions that are not understood");
  if (!isSpiffe) return;
  if (
    Object.keys(header).some((name) => !spiffeParameters.includes(name)) ||
    !spiffeTypes.includes(header.typ)
  ) {
    throw new RefusedToken("the credential's header is not that of a JWT-SVID");
  }
}
