import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { PublicJwk } from "@tollgate/core/verify";
import { CliError, systemCause } from "./cli-error.ts";

/**
 * The public keys in a file: a JWK or a JWK set (RFC 7517), or a key in PEM.
 *
 * Of a private key only the public part is taken, so that the file that `tollgate keygen` makes will do.
 *
 * @throws CliError naming the file when it cannot be read or holds anything else.
 */
export async function readPublicKeys(path: string): Promise<readonly PublicJwk[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(`cannot read the key ${path}: ${systemCause(error)}`, { cause: error });
  });
  if (text.trimStart().startsWith("-----BEGIN")) return [readPem(path, text)];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError(`${path} is no key: a JWK, a JWK set or a key in PEM is expected`);
  }
  const keys = member(value, "keys");
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [value];
  if (list.length === 0) throw new CliError(`${path} is a JWK set without a key`);
  return list.map((key) => readJwk(path, key));
}

function readJwk(path: string, key: unknown): PublicJwk {
  const [kty, crv, x] = ["kty", "crv", "x"].map((name) => member(key, name));
  // 32 bytes in base64url: 43 characters, the last of which has two bits to spare.
  if (
    kty !== "OKP" ||
    crv !== "Ed25519" ||
    typeof x !== "string" ||
    !/^[\w-]{42}[AEIMQUYcgkosw048]$/.test(x)
  ) {
    throw new CliError(
      `${path} holds no Ed25519 key: a JWK with "kty": "OKP" and "crv": "Ed25519" is expected`,
    );
  }
  return { kty, crv, x };
}

function readPem(path: string, text: string): PublicJwk {
  let jwk: unknown;
  try {
    jwk = createPublicKey(text).export({ format: "jwk" });
  } catch (cause) {
    throw new CliError(`${path} holds no key that can be read as PEM without a passphrase`, { cause });
  }
  return readJwk(path, jwk);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
