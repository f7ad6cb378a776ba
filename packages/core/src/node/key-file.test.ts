import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { createPrivateJwk } from "../receipt/private-jwk.ts";
import { createKeyFile, readKeyFile } from "./key-file.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "key-file-"));
  path = join(folder, "gate.jwk");
});

afterEach(() => rmSync(folder, { recursive: true }));

function refusalOf(act: () => unknown): InvalidConfig {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidConfig);
    return error as InvalidConfig;
  }
  throw new Error("nothing was refused");
}

describe("a key file", () => {
  it("is a JWK that nobody else can read, and gives the same signer again", () => {
    const made = createKeyFile(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const jwk = JSON.parse(readFileSync(path, "utf8"));
    expect(jwk).toMatchObject({ kty: "OKP", crv: "Ed25519", kid: made.kid, x: made.publicKey.x });
    const read = readKeyFile(path);
    expect(read).toMatchObject({ kid: made.kid, publicKey: made.publicKey });
    expect(read.sign(Uint8Array.of(1))).toEqual(made.sign(Uint8Array.of(1)));
  });

  it("is never overwritten", () => {
    createKeyFile(path);
    const before = readFileSync(path, "utf8");
    expect(refusalOf(() => createKeyFile(path)).message).toMatch(/is there already/);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610])("is refused with mode %o", (mode) => {
    createKeyFile(path);
    chmodSync(path, mode);
    const refusal = refusalOf(() => readKeyFile(path));
    expect(refusal.field).toBe(path);
    expect(refusal.message).toContain(`is open to others (mode 0${mode.toString(8)})`);
    expect(refusal.message).toContain("chmod 600");
  });

  it("may be read only, and may stand behind a link: the file's own mode counts", () => {
    const { kid } = createKeyFile(path);
    chmodSync(path, 0o400);
    const link = join(folder, "link.jwk");
    symlinkSync(path, link);
    expect(readKeyFile(link).kid).toBe(kid);
    chmodSync(path, 0o444);
    expect(refusalOf(() => readKeyFile(link)).message).toMatch(/is open to others/);
  });

  it.each<[string, string, RegExp]>([
    ["something that is not JSON", `{"d": "${createPrivateJwk().d}",`, /is not JSON/],
    ["another key", JSON.stringify({ kty: "EC" }), /a signing key is a JWK/],
    ["a public key", JSON.stringify({ ...createPrivateJwk(), d: undefined }), /cannot sign/],
    ["two keys in one", JSON.stringify({ ...createPrivateJwk(), x: createPrivateJwk().x }), /"x" is not/],
    ["far too much", "x".repeat(70_000), /is no key file/],
    ["nothing", "", /is not JSON/],
  ])("is refused when it holds %s, in one line that tells nothing of the key", (_, text, message) => {
    writeFileSync(path, text, { mode: 0o600 });
    const refusal = refusalOf(() => readKeyFile(path));
    expect(refusal.message).toMatch(message);
    expect(refusal.message).not.toContain("\n");
    const secret = /"d":\s*"([^"]+)"/.exec(text)?.[1];
    if (secret !== undefined) expect(`${refusal.message} ${refusal.cause}`).not.toContain(secret.slice(0, 8));
  });

  it("is refused when it is not there, or no file", () => {
    expect(refusalOf(() => readKeyFile(path)).message).toMatch(/cannot be read: ENOENT/);
    expect(refusalOf(() => readKeyFile(folder)).message).toMatch(/is no key file|EISDIR/);
    expect(refusalOf(() => createKeyFile(join(folder, "none", "gate.jwk"))).message).toMatch(/ENOENT/);
  });
});
