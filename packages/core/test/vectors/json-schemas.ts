import * as z from "zod/mini";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { bodySchemas, envelopeSchema } from "../../src/receipt/receipt-schema.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";

const about: Readonly<Record<string, string>> = {
  decision: "What was decided about one action.",
  settlement: "How an action that was let through ended.",
  approval: "A step in the life of an approval.",
  stop: "A run or an agent was stopped, or an agent's stop was lifted.",
  adjustment: "Somebody corrected what was spent, by hand.",
  key: "The key that signs the chain from here on.",
  checkpoint: "What the chain holds so far.",
  close: "The chain's last receipt.",
};

/** What zod checks with a function, and a schema can say all the same. */
const besides: Readonly<Record<string, JsonObject>> = {
  settlement: {
    if: { properties: { outcome: { const: "settled" } } },
    else: { properties: { amounts: { maxItems: 0 } } },
  },
  stop: {
    if: { required: ["run"] },
    // A schema that nothing satisfies: no such member.
    then: { properties: { agent: { not: {} }, tenant: { not: {} }, lifted: { not: {} } } },
    else: { required: ["agent"], anyOf: [{ properties: { lifted: { not: {} } } }, { required: ["by"] }] },
  },
  adjustment: {
    if: { properties: { kind: { const: "correction" } } },
    else: { properties: { amount: { pattern: "^-" } } },
  },
};

/** The JSON Schemas (2020-12) of bodies by type, and of the whole receipt: their texts by file name. */
export function makeReceiptSchemas(): ReadonlyMap<string, string> {
  const types = Object.keys(bodySchemas);
  const files = new Map<string, JsonObject>();
  for (const [type, schema] of Object.entries(bodySchemas)) {
    files.set(`${type}.schema.json`, {
      $schema: dialect,
      $id: `${type}.schema.json`,
      title: `Tollgate receipt, version 1: body of type "${type}"`,
      description: about[type] as string,
      ...plain(schema),
      ...besides[type],
    });
  }
  const envelope = plain(envelopeSchema);
  files.set("receipt.schema.json", {
    $schema: dialect,
    $id: "receipt.schema.json",
    title: "Tollgate receipt, version 1",
    description:
      "A signed, chained record. That its text is canonical, signed and in its place no schema can say.",
    ...envelope,
    properties: {
      ...(envelope.properties as JsonObject),
      body: { anyOf: types.map((type) => ({ $ref: `${type}.schema.json` })) },
    },
  });
  return new Map([...files].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
}

/** A zod schema as a JSON Schema, without the member that names the dialect. */
export function plain(schema: z.core.$ZodType): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  if ($schema !== dialect) throw new Error(`zod wrote ${$schema}`);
  return JSON.parse(JSON.stringify(rest)) as Readonly<Record<string, JsonValue>>;
}
