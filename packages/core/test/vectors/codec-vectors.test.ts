import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createVerifier } from "#ed25519";
import { decodeBase64url } from "../../src/codec/base64url.ts";
import { canonicalJson, type JsonProfile } from "../../src/codec/canonical-json.ts";
import * as noble from "../../src/codec/ed25519.noble.ts";
import type { VerifySignature } from "../../src/codec/ed25519.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { decodeUtf8 } from "../../src/codec/utf8.ts";
import { jwkThumbprint, publicKeyBytes } from "../../src/receipt/jwk-thumbprint.ts";
import type { PublicJwk } from "../../src/receipt/receipt.ts";
import { digestOfVector } from "./action-digest-vectors.ts";
import { buildValue } from "./build-value.ts";
import { type Check, runVectors } from "./read-vectors.ts";

const bytes = (hex: unknown): Uint8Array => new Uint8Array(Buffer.from(hex as string, "hex"));

/** The vectors' word for what the code says in a sentence. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  const words: readonly (readonly [RegExp, string])[] = [
    [/key that receipts may not have|member whose name holds|member named __proto__/, "bad_key"],
    [/holds a lone surrogate/, "lone_surrogate"],
    [/nests more than|nested deeper than/, "too_deep"],
    [/, not an integer within|which JSON cannot hold/, "bad_number"],
    [/ is undefined| is a \w+$|neither plain nor an array/, "no_json_value"],
    [
      /^the action is not valid|^the subject is not valid|is more than 2\^63|is negative|is not a unit/,
      "bad_action",
    ],
  ];
  return words.find(([form]) => form.test(message))?.[1] ?? `unexpected: ${message}`;
}

function written(value: unknown, profile: unknown, canonical: unknown): string {
  try {
    return canonicalJson(value, profile as JsonProfile) === canonical ? "valid" : "another text";
  } catch (error) {
    return reasonOf(error);
  }
}

const canonicalText: Check = ({ text, hex }, { profile }) => {
  let source: string;
  let value: unknown;
  try {
    source = hex === undefined ? (text as string) : decodeUtf8(bytes(hex));
    value = JSON.parse(source);
  } catch {
    return "not_json";
  }
  const said = written(value, profile, source);
  return said === "another text" ? "not_canonical" : said;
};

function inputOf(test: Parameters<Check>[0]): string {
  const parts = test.inputRepeat as readonly (readonly [string, number])[] | undefined;
  return parts === undefined
    ? (test.input as string)
    : parts.map(([text, times]) => text.repeat(times)).join("");
}

function digested(action: JsonObject, params: unknown, test: Parameters<Check>[0]): string {
  let digest: string;
  try {
    digest = digestOfVector(action, params);
  } catch (error) {
    return reasonOf(error);
  }
  if (digest !== test.digest) return "digest_mismatch";
  const hash = createHash("sha256")
    .update(test.preimage as string)
    .digest("hex");
  return `sha256:${hash}` === digest ? "valid" : "the preimage is of another digest";
}

function signed(create: (key: Uint8Array) => VerifySignature): Check {
  return ({ msg, sig }, { publicKey }) => {
    let verify: VerifySignature;
    try {
      verify = create(bytes((publicKey as { hex: string }).hex));
    } catch {
      return "bad_key";
    }
    return verify(bytes(sig), bytes(msg)) ? "valid" : "bad_signature";
  };
}

const signatureChecks: Readonly<Record<string, Check>> = {
  SigningInput: ({ payloadType, payload, hex }) =>
    Buffer.from(signingInput(payloadType as string, payload as string)).toString("hex") === hex
      ? "valid"
      : "wrong_input",
  KeyThumbprint: ({ jwk, kid }) => {
    try {
      publicKeyBytes(jwk as unknown as PublicJwk);
    } catch {
      return "bad_key";
    }
    return jwkThumbprint(jwk as unknown as PublicJwk) === kid ? "valid" : "bad_key";
  },
  Base64url: ({ text, hex }) => {
    try {
      return Buffer.from(decodeBase64url(text as string)).toString("hex") === hex ? "valid" : "other bytes";
    } catch {
      return "not_base64url";
    }
  },
};

const rfc8785 = fileURLToPath(new URL("../../../../../shared/vectors/rfc8785/input/", import.meta.url));

/** RFC 8785's own files, all of which `json` writes, and why receipts may not hold what is in them. */
const refusedByReceipts: readonly (readonly [string, string])[] = [
  ["arrays", "bad_key"],
  ["french", "bad_key"],
  ["structures", "bad_key"],
  ["unicode", "bad_key"],
  ["values", "bad_number"],
  ["weird", "bad_key"],
];

describe("the receipts' profile", () => {
  it.skipIf(!existsSync(rfc8785)).each(refusedByReceipts)("refuses RFC 8785's %s: %s", (name, reason) => {
    const value: unknown = JSON.parse(readFileSync(`${rfc8785}${name}.json`, "utf8"));
    expect(written(value, "receipt", "")).toBe(reason);
  });
});

describe("the published vectors", () => {
  it("of canonical JSON hold", async () => {
    await runVectors("canonical_json", {
      Canonicalize: (test, { profile }) => written(JSON.parse(inputOf(test)), profile, test.canonical),
      CanonicalText: canonicalText,
      InMemoryValue: (test, { profile }) =>
        written(buildValue(test.value as JsonValue), profile, test.canonical),
    });
  });

  it("of action digests hold", async () => {
    await runVectors("action_digest", {
      ActionDigest: (test) => digested(test.action as JsonObject, test.params, test),
      ParamsInMemory: (test, { action }) =>
        digested(action as JsonObject, buildValue(test.value as JsonValue), test),
    });
  });

  it.each([
    ["node:crypto", createVerifier],
    ["noble", noble.createVerifier],
  ])("of signatures hold under %s", async (_name, create) => {
    await runVectors("signatures", { ...signatureChecks, Ed25519Verify: signed(create) });
    expect.hasAssertions();
  });
});
