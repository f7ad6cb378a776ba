import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { endorse } from "../receipt/endorse.ts";
import { verifyEndorsement } from "../receipt/endorsement.ts";
import { createSigner } from "../receipt/local-signer.ts";
import { readPemFile } from "./pem-file.ts";

/** RFC 8410, section 10.3. */
const published = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pem-file-"));
  path = join(folder, "root.pem");
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function pem(key: KeyObject, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return key.export({ format: "pem", type: "pkcs8", ...encryption }) as string;
}

describe("a PEM file", () => {
  it("is a root that endorses", async () => {
    const root = readPemFile(write(published));
    // RFC 8410, section 10.1: the public key of the example.
    expect(root.publicKey.x).toBe("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
    const key = createSigner();
    const endorsement = await endorse(root, key, { ttlMs: 1000 });
    expect(endorsement.kid).toBe(root.kid);
    expect(() => verifyEndorsement(endorsement, key.publicKey)).not.toThrow();
  });

  it("may be encrypted, and then needs its passphrase", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    write(pem(privateKey, "correct horse"));
    expect(readPemFile(path, { passphrase: "correct horse" }).sign(new Uint8Array())).toHaveLength(64);
    expect(() => readPemFile(path)).toThrow(/is encrypted: give its passphrase/);
    expect(() => readPemFile(path, { passphrase: "battery staple" })).toThrow(/passphrase does not fit/);
  });

  it.each<[string, () => string, RegExp]>([
    [
      "a key of another kind",
      () => pem(generateKeyPairSync("x25519").privateKey),
      /for x25519, not for ed25519/,
    ],
    [
      "a public key",
      () => generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }) as string,
      /holds no private key/,
    ],
    ["no key", () => "Dear diary,\n", /holds no private key/],
  ])("is refused when it holds %s", (_, text, message) => {
    write(text());
    expect(() => readPemFile(path)).toThrow(InvalidConfig);
    expect(() => readPemFile(path)).toThrow(message);
  });

  it("is refused when others can read it", () => {
    write(published);
    chmodSync(path, 0o644);
    expect(() => readPemFile(path)).toThrow(/is open to others \(mode 0644\)/);
  });
});
