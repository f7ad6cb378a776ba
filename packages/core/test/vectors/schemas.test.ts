import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { bodySchemas, readReceipt } from "../../src/receipt/receipt-schema.ts";
import { type SchemaFiles, satisfies } from "./json-schema-check.ts";
import { makeReceiptSchemas } from "./json-schemas.ts";
import { readVectors, vectorFolder } from "./read-vectors.ts";
import { sampleBodies, variantOf, variants } from "./sample-bodies.ts";
import { vectorSigner } from "./signed-line.ts";

function readSchemas(folder: string): SchemaFiles {
  const url = new URL(`schemas/${folder}`, vectorFolder);
  const names = readdirSync(url).filter((name) => name.endsWith(".json"));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(new URL(name, url), "utf8"))]));
}

const schemas = readSchemas("");
const bodies = sampleBodies(vectorSigner(7));

const says = (name: string, value: JsonValue): boolean =>
  satisfies(value, schemas.get(`${name}.schema.json`) as JsonObject, schemas);

/** Values of every sort that some member can have. */
const values: readonly JsonValue[] = [
  null,
  true,
  0,
  1,
  -1,
  0.5,
  2 ** 53 - 1,
  2 ** 53,
  "",
  "0",
  "1",
  "01",
  "x",
  "\u{1f600}",
  "x".repeat(1024),
  "x".repeat(1025),
  "\u{1f600}".repeat(1024),
  "\u{1f600}".repeat(1025),
  "9223372036854775807",
  "9223372036854775808",
  "allow",
  "usd",
  "2026-02-29T00:00:00.000Z",
  "2028-02-29T00:00:00.000Z",
  `sha256:${"0".repeat(64)}`,
  "A".repeat(43),
  "A".repeat(86),
  [],
  [1],
  ["x"],
  {},
  { x: "x" },
  { usd: 1 },
  { constructor: "1" },
];

/** Every value that differs from `value` in one place: a member gone, one more, or another in its stead. */
function* changes(value: JsonValue): Generator<JsonValue> {
  yield* values;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [index, item] of value.entries())
      for (const changed of changes(item)) yield value.with(index, changed);
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, unknown_member: null };
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _gone, ...rest } = value as Record<string, JsonValue>;
      yield rest;
      for (const changed of changes(member)) yield { ...value, [name]: changed };
    }
  }
}

describe("the published JSON Schemas", () => {
  it.each(Object.keys(bodySchemas))("say of a body of type %s what the verifier says", (type) => {
    const own = variants
      .filter(([, of]) => of === type)
      .map(([, , change]) => variantOf(bodies[type] as JsonObject, change));
    const seen = { ok: 0, malformed: 0 };
    const different: JsonValue[] = [];
    for (const sound of [bodies[type] as JsonObject, ...own]) {
      expect(says(type, sound)).toBe(true);
      for (const body of changes(sound)) {
        const good = (bodySchemas[type] as (typeof bodySchemas)[string]).safeParse(body).success;
        if (says(type, body) !== good) different.push(body);
        seen[good ? "ok" : "malformed"] += 1;
      }
    }
    expect(different).toEqual([]);
    expect(seen.ok).toBeGreaterThan(20);
    expect(seen.malformed).toBeGreaterThan(100);
  });

  it("say of whole receipts what the verifier says", () => {
    const receipt = { body: bodies.stop as JsonObject, kid: "A".repeat(43), sig: "A".repeat(86) };
    const seen = { true: 0, false: 0 };
    for (const changed of [receipt, ...changes(receipt)]) {
      const good = readReceipt(changed).status === "ok";
      expect(says("receipt", changed), JSON.stringify(changed)).toBe(good);
      seen[`${good}`] += 1;
    }
    expect(seen.true).toBeGreaterThan(10);
    expect(seen.false).toBeGreaterThan(100);
  });

  it("are one for each type of body, and one for the whole", () => {
    expect([...schemas.keys()].sort()).toEqual([...makeReceiptSchemas().keys()].sort());
    const types = [...schemas.keys()]
      .map((name) => name.replace(".schema.json", ""))
      .filter((name) => name !== "receipt");
    expect(types.sort()).toEqual(Object.keys(bodySchemas).sort());
  });
});

describe("every published file of vectors", () => {
  const files = readSchemas("vectors/");

  it.each([...files.keys()].map((name) => name.replace(".schema.json", "")))(
    "satisfies its schema: %s",
    (name) => {
      const file = readVectors(name) as unknown as JsonObject;
      const schema = files.get(`${name}.schema.json`) as JsonObject;
      expect(file.schema).toBe(`schemas/vectors/${name}.schema.json`);
      expect(satisfies(file, schema, files)).toBe(true);
      expect(satisfies({ ...file, extra: 1 }, schema, files)).toBe(false);
      expect(satisfies({ ...file, testGroups: [{ type: "Other", tests: [] }] }, schema, files)).toBe(false);
    },
  );

  it("has one", () => {
    const names = readdirSync(vectorFolder).filter((name) => name.endsWith(".json"));
    expect([...files.keys()].sort()).toEqual(
      names.map((name) => name.replace(".json", ".schema.json")).sort(),
    );
  });
});

describe("the check of schemas", () => {
  it("refuses keywords that it does not understand", () => {
    expect(() => satisfies({}, { dependentRequired: {} }, new Map())).toThrow(/not understood/);
    expect(() => satisfies({}, { type: "float" }, new Map())).toThrow(/not understood/);
    expect(() => satisfies({}, { $ref: "nowhere" }, new Map())).toThrow(/no schema/);
  });
});
