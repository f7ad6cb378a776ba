import { InvalidConfig, messageOf } from "../errors.ts";
import { createPrivateJwk, signerFromJwk } from "../receipt/private-jwk.ts";
import type { Signer } from "../receipt/signer.ts";
import { readSecretFile, writeSecretFile } from "./secret-file.ts";

/**
 * Makes a new signing key, keeps it in a new file as a private JWK (RFC 8037) with mode 0600, and answers its
 * signer.
 *
 * @throws InvalidConfig when the file is there already or cannot be written.
 */
export function createKeyFile(path: string): Signer {
  const jwk = createPrivateJwk();
  writeSecretFile(path, `${JSON.stringify(jwk, null, 2)}\n`);
  return signerFromJwk(jwk);
}

/**
 * The signer of a private JWK in a file; it may sign receipts, and serve as a root that endorses other keys.
 *
 * @throws InvalidConfig naming the file when it cannot be read, others may read it, or it holds no Ed25519
 * private key. The message tells nothing of the key.
 */
export function readKeyFile(path: string): Signer {
  const text = readSecretFile(path);
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new InvalidConfig(path, "is not JSON, so it holds no JWK");
  }
  try {
    return signerFromJwk(jwk);
  } catch (error) {
    throw new InvalidConfig(path, messageOf(error), { cause: error });
  }
}
