// An issuer of tokens on a local port, as an identity provider or a SPIRE server is one elsewhere.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export interface Issuer {
  readonly url: string;
  /** Signs a token that is good for ten minutes. */
  token(claims: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): void;
}

export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "key-1", alg: "ES256" }] });
  const server = createServer((_, response) => response.end(keys)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (claims) =>
      new SignJWT({ iss: url, aud: "tollgate", ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "key-1" })
        .setExpirationTime("10 minutes")
        .sign(privateKey),
    stop: () => server.close(),
  };
}
