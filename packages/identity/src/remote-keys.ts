import { InvalidConfig, StorageFailed } from "@tollgate/core";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from "jose";
import type { RemoteKeysOptions } from "./jwt-identity-options.ts";
import { asSigningKeys } from "./signing-keys.ts";

/** The longest key set that is read, in characters. */
const maxLength = 1_000_000;

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Keys that are fetched from an address when they are needed, at most one request at a time.
 *
 * What goes wrong with fetching is a StorageFailed: nobody can tell then whose token it is. Redirects are not
 * followed.
 *
 * @throws InvalidConfig for an address without https, unless it is this machine's own.
 */
export function remoteKeys(address: string | URL, options: RemoteKeysOptions = {}): JWTVerifyGetKey {
  const url = readAddress(address);
  const { timeoutMs = 3000, cooldownMs = 30_000, maxAgeMs = 600_000 } = options;
  for (const [name, value] of Object.entries({ timeoutMs, cooldownMs, maxAgeMs })) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 2_147_483_647) {
      throw new InvalidConfig(`remote.${name}`, "expected a whole number of milliseconds above 0");
    }
  }
  const find = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: maxAgeMs,
    [customFetch]: fetchKeys,
  });
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
        throw cause;
      throw new StorageFailed(`the keys at ${url.origin}${url.pathname} could not be had`, { cause });
    }
  };
}

function readAddress(address: string | URL): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new InvalidConfig("jwks", "expected a JSON Web Key Set, or an https address");
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidConfig("jwks", "expected an address without a user name and password");
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback.has(url.hostname))) return url;
  throw new InvalidConfig(
    "jwks",
    "expected an https address: keys that others can change on the way prove nothing",
  );
}

/** Fetches a key set of bounded length, and reads it as {@link asSigningKeys} does. */
const fetchKeys: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200 || response.body === null) return response;
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > maxLength)
      throw new StorageFailed(`the key set is longer than ${maxLength} characters`);
  }
  const jwks = JSON.parse(text);
  return Response.json(Array.isArray(jwks?.keys) ? asSigningKeys(jwks) : jwks);
};
