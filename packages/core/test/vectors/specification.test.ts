import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/codec/canonical-json.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { jwkThumbprint } from "../../src/receipt/jwk-thumbprint.ts";
import { receiptPayloadType } from "../../src/receipt/receipt.ts";
import { verifyChain } from "../../src/receipt/verify-chain.ts";
import { readVectors, vectorFolder } from "./read-vectors.ts";
import { signLine, vectorSigner } from "./signed-line.ts";

const page = readFileSync(new URL("../docs/reference/receipt-format.md", vectorFolder), "utf8");

/** The text of the block that is fenced with this word. */
function block(word: string): string {
  const [, text = ""] = new RegExp(`^\`\`\`\\w+ ${word}\n([^]*?)\n\`\`\`$`, "m").exec(page) ?? [];
  expect(text, word).not.toBe("");
  return text;
}

/** The rows of the first table under a heading: their cells. */
function rows(heading: string): readonly (readonly string[])[] {
  const start = page.search(new RegExp(`^#{2,4} ${heading}$`, "m"));
  expect(start, heading).toBeGreaterThan(0);
  const section =
    page
      .slice(start)
      .replace(/^#+ .*\n/, "")
      .split(/^#/m)[0] ?? "";
  return [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name = "", rest = ""]) => [
    name,
    ...rest.split(" |").map((cell) => cell.trim()),
  ]);
}

describe("the specification's worked example", () => {
  const hex = (word: string): string => block(word).replaceAll("\n", "");
  const signer = vectorSigner(7);

  it("is what the code makes of it", () => {
    const body: JsonObject = JSON.parse(block("body"));
    expect(canonicalJson(body, "receipt")).toBe(block("body"));
    expect(Buffer.from(signingInput(receiptPayloadType, block("body"))).toString("hex")).toBe(hex("input"));
    const line = signLine(body, signer);
    expect(line).toBe(block("line"));
    expect(Buffer.from(JSON.parse(line).sig, "base64url").toString("hex")).toBe(hex("signature"));
    expect(`sha256:${createHash("sha256").update(line).digest("hex")}`).toBe(block("digest"));
    const [text = "", thumbprint] = block("thumbprint").split("\n");
    expect(createHash("sha256").update(text).digest("base64url")).toBe(thumbprint);
    expect(jwkThumbprint(signer.publicKey)).toBe(thumbprint);
    expect(page).toContain(Buffer.from(signer.publicKey.x, "base64url").toString("hex"));
    const lengths = [block("body").length, hex("input").length / 2];
    expect(page).toContain(`The body in canonical form, ${lengths[0]} bytes:`);
    expect(page).toContain(`The signing input, ${lengths[1]} bytes in hex.`);
  });

  it("verifies", async () => {
    const report = await verifyChain([block("line")], { keys: [signer.publicKey] });
    expect(report).toMatchObject({ verdict: "authentic", chains: [{ digest: block("digest") }] });
  });
});

const schemaOf = (type: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`schemas/${type}.schema.json`, vectorFolder), "utf8"));

function within(schema: JsonObject, ...path: readonly string[]): JsonObject {
  return path.reduce<JsonObject>((node, name) => {
    const member = (node.properties as JsonObject)[name] as JsonObject;
    const choice =
      member.anyOf === undefined ? member : ((member.anyOf as readonly JsonObject[])[0] as JsonObject);
    return choice.type === "array" ? (choice.items as JsonObject) : choice;
  }, schema);
}

const decision = schemaOf("decision");
const header = rows("header").map(([name]) => name);
const claim = rows("claim").map(([name]) => name);
const types = ["decision", "settlement", "approval", "stop", "adjustment", "key", "checkpoint", "close"];

/** Which table describes which schema, and members that it leaves to another table. */
const tables: readonly (readonly [string, JsonObject, readonly (string | undefined)[]])[] = [
  ...types.map((type) => [type, schemaOf(type), header] as const),
  ["decision: action", within(decision, "action"), []],
  ["decision: action: subject", within(decision, "action", "subject"), []],
  ["decision: decision", within(decision, "decision"), []],
  ["decision: price", within(decision, "price"), []],
  ["claim", within(decision, "claims"), []],
  ["exceeded", within(decision, "exceeded"), claim],
  ["endorsement", within(schemaOf("key"), "endorsement"), []],
  ["head", within(schemaOf("checkpoint"), "heads"), []],
];

/** What the schemas say of each form that has a name. */
const patterns: Readonly<Record<string, string>> = {
  code: "^[a-z][a-z0-9_]*$",
  unit: "^[a-z][a-z0-9_]{0,63}$",
  digest: "^sha256:[0-9a-f]{64}$",
  thumbprint: "^[A-Za-z0-9_-]{43}$",
  signature: "^[A-Za-z0-9_-]{86}$",
};

/** Whether a schema says what the form of a table's row says; forms that are described in words are passed over. */
function says(schema: JsonObject, form: string, means: string): boolean {
  const [plain = "", ...rest] = form.split(" or ");
  if (rest.includes("null") !== (schema.type === "null" || schema.anyOf !== undefined)) return false;
  const one =
    schema.anyOf === undefined ? schema : ((schema.anyOf as readonly JsonObject[])[0] as JsonObject);
  if (Object.hasOwn(patterns, plain)) return one.pattern === patterns[plain];
  switch (plain) {
    case "name":
      return one.type === "string" && one.minLength === 1 && one.maxLength === 1024;
    case "text":
      if (one.const !== undefined) return true;
      return (
        one.type === "string" &&
        one.pattern === undefined &&
        ((one.enum ?? []) as string[]).every((word) => means.includes(`\`${word}\``))
      );
    case "count":
      return one.type === "integer" && one.minimum === 0 && one.maximum === Number.MAX_SAFE_INTEGER;
    case "boolean":
      return one.type === "boolean";
    case "amount":
      return String(one.pattern).includes("|9223372036854775807)");
    case "signed":
      return String(one.pattern).includes("|-9223372036854775808)");
    case "id":
      return String(one.pattern).includes("-7[0-9a-f]{3}-");
    case "time":
      return String(one.pattern).includes("-02-29)T");
    case "1":
      return one.const === 1;
    default:
      return plain.startsWith("list of") ? one.type === "array" : one.type === "object";
  }
}

describe("the specification's tables", () => {
  it.each(tables.map(([name, schema, elsewhere]) => [name, schema, elsewhere] as const))(
    "say of %s what its schema says",
    (name, { properties, required }, elsewhere) => {
      const described = rows(name);
      const names = Object.keys(properties as JsonObject).filter((member) => !elsewhere.includes(member));
      expect(described.map(([member]) => member).sort()).toEqual(names.sort());
      for (const [member = "", form = "", must, means = ""] of described) {
        const isRequired = ((required ?? []) as readonly string[]).includes(member);
        expect(must, member).toBe(isRequired ? "yes" : "no");
        expect(
          says((properties as JsonObject)[member] as JsonObject, form, means),
          `${member}: ${form}`,
        ).toBe(true);
      }
    },
  );

  it("say of every body what all schemas say", () => {
    for (const type of types) {
      const { properties, required } = schemaOf(type);
      for (const [member = "", form = ""] of rows("header")) {
        expect(required).toContain(member);
        expect(says((properties as JsonObject)[member] as JsonObject, form, ""), `${member}: ${form}`).toBe(
          true,
        );
      }
    }
    expect(header).toHaveLength(7);
  });

  it("name every reason of the vectors, and no other", () => {
    const files = ["chains", "key_rotation", "checkpoints", "trimmed_chains"];
    const tests = files.flatMap((file) => readVectors(file).testGroups.flatMap((group) => group.tests));
    expect(
      rows("Reasons")
        .map(([reason]) => reason)
        .sort(),
    ).toEqual([...new Set(tests.flatMap(({ reason }) => reason ?? []))].sort());
  });
});
