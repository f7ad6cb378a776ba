import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { InvalidConfig } from "../errors.ts";
import { jwkThumbprint } from "../receipt/jwk-thumbprint.ts";
import type { PublicJwk } from "../receipt/receipt.ts";
import type { Signer } from "../receipt/signer.ts";
import { readSecretFile } from "./secret-file.ts";

/** How a PEM file is opened. */
export interface PemFileOptions {
  /** Of a key that is encrypted (`BEGIN ENCRYPTED PRIVATE KEY`). @default none */
  readonly passphrase?: string;
}

/**
 * The signer of an Ed25519 key in a PKCS #8 PEM file (RFC 8410), as `openssl genpkey -algorithm ed25519` writes
 * it: for a root that endorses other keys, and good for receipts too.
 *
 * @throws InvalidConfig naming the file when it cannot be read, others may read it, it holds no Ed25519 private
 * key, or the passphrase does not fit.
 */
export function readPemFile(path: string, options: PemFileOptions = {}): Signer {
  const key = readKey(path, options.passphrase);
  if (key.asymmetricKeyType !== "ed25519") {
    throw new InvalidConfig(path, `holds a key for ${key.asymmetricKeyType}, not for ed25519`);
  }
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const publicKey: PublicJwk = { kty: "OKP", crv: "Ed25519", x: String(x) };
  return {
    kid: jwkThumbprint(publicKey),
    publicKey,
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  };
}

function readKey(path: string, passphrase: string | undefined): KeyObject {
  const key = readSecretFile(path);
  const isEncrypted = key.includes("BEGIN ENCRYPTED PRIVATE KEY");
  if (isEncrypted && passphrase === undefined) {
    throw new InvalidConfig(path, "is encrypted: give its passphrase");
  }
  try {
    return createPrivateKey({ key, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const problem = isEncrypted ? "the passphrase does not fit it" : "holds no private key in PKCS #8 PEM";
    throw new InvalidConfig(path, problem, { cause: error });
  }
}
