import * as z from "zod/mini";
import { plain } from "./json-schemas.ts";

const text = z.string();
const hex = z.string().check(z.regex(/^([0-9a-f]{2})*$/));
const reason = z.string().check(z.regex(/^[a-z][a-z0-9_]*$/));
const json = z.unknown();
const optional = z.exactOptional;
const jwk = z.strictObject({ kty: text, crv: text, x: text });
const repeat = z.array(z.tuple([text, z.int().check(z.minimum(0))]));
const profile = z.enum(["receipt", "json"]);
const action = z.record(text, json);
const plan = z.record(text, json);

/** A group of one type: what its cases share, and what each of them has. */
function group(type: string, shared: z.core.$ZodLooseShape, members: z.core.$ZodLooseShape): z.ZodMiniType {
  const test = z.strictObject({
    tcId: z.int().check(z.minimum(1)),
    comment: text,
    flags: z.array(text),
    ...members,
    result: z.enum(["valid", "invalid"]),
    reason: optional(reason),
  });
  return z.strictObject({ type: z.literal(type), ...shared, tests: z.array(test).check(z.minLength(1)) });
}

const signer = { seed: hex, jwk, kid: text };

const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/));
const count = z.int().check(z.minimum(0));
const head = z.strictObject({ chain: text, seq: count, digest });

const verifyChain = group(
  "VerifyChain",
  {},
  {
    lines: z.array(text),
    options: z.strictObject({
      keys: optional(z.array(jwk)),
      revoked: optional(z.array(z.strictObject({ kid: text, since: optional(text) }))),
      heads: optional(z.array(head)),
      closed: optional(z.boolean()),
      partial: optional(z.boolean()),
      trimmed: optional(z.boolean()),
      timeToleranceMs: optional(count),
    }),
    report: z.strictObject({
      verdict: z.enum(["authentic", "bound", "broken"]),
      receipts: count,
      chains: z.array(
        z.strictObject({
          chain: text,
          receipts: count,
          from: count,
          seq: count,
          digest,
          time: text,
          kids: z.array(text),
          closed: z.boolean(),
          root: z.nullable(digest),
          covered: count,
        }),
      ),
      open: count,
      break: z.nullable(
        z.strictObject({ reason, index: count, chain: z.nullable(text), seq: z.nullable(count) }),
      ),
    }),
  },
);

const hashes = z.array(hex);
const options = z.strictObject({
  keys: optional(z.array(jwk)),
  revoked: optional(z.array(z.strictObject({ kid: text, since: optional(text) }))),
});

const proofGroups: readonly z.ZodMiniType[] = [
  group("MerkleRoot", {}, { leaves: hashes, root: digest }),
  group("Inclusion", {}, { leaf: hex, index: z.number(), size: z.number(), root: digest, proof: hashes }),
  group(
    "Consistency",
    {},
    { oldSize: z.number(), oldRoot: digest, newSize: z.number(), newRoot: digest, proof: hashes },
  ),
  group("SignedNote", { key: text }, { note: text }),
  group(
    "ReceiptProof",
    {},
    { proof: text, options, receipt: optional(text), verdict: optional(z.enum(["authentic", "bound"])) },
  ),
];

/** The groups of each file. */
const groups: Readonly<Record<string, readonly z.ZodMiniType[]>> = {
  canonical_json: [
    group(
      "Canonicalize",
      { profile },
      { input: optional(text), inputRepeat: optional(repeat), canonical: optional(text) },
    ),
    group("CanonicalText", { profile }, { text: optional(text), hex: optional(hex) }),
    group("InMemoryValue", { profile }, { value: plan, canonical: optional(text) }),
  ],
  action_digest: [
    group("ActionDigest", {}, { action, params: json, preimage: optional(text), digest: optional(text) }),
    group("ParamsInMemory", { action }, { value: plan, preimage: optional(text), digest: optional(text) }),
  ],
  signatures: [
    group("Ed25519Verify", { publicKey: z.strictObject({ hex, jwk, kid: text }) }, { msg: hex, sig: hex }),
    group("SigningInput", {}, { payloadType: text, payload: text, hex }),
    group("KeyThumbprint", {}, { jwk, kid: text }),
    group("Base64url", {}, { text, hex: optional(hex) }),
  ],
  chains: [verifyChain],
  key_rotation: [verifyChain],
  checkpoints: [verifyChain],
  trimmed_chains: [verifyChain],
  proofs: proofGroups,
  decisions: [
    group("Decisions", signer, {
      start: text,
      gate: z.record(text, json),
      runs: z.record(text, z.strictObject({ subject: z.record(text, text), parent: optional(text) })),
      steps: z.array(
        z.looseObject({ do: z.enum(["decide", "settle", "release", "grant", "refuse", "stop", "wait"]) }),
      ),
      balances: z.array(
        z.strictObject({
          budget: text,
          partition: text,
          window: text,
          unit: text,
          limit: z.nullable(text),
          spent: text,
          held: text,
        }),
      ),
      receipts: z.array(text),
    }),
  ],
  receipts: [group("Receipt", { body: text, ...signer }, { line: optional(text), hex: optional(hex) })],
};

/** The JSON Schemas of the files of vectors: their texts by file name. */
export function makeVectorSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(groups).map(([name, types]) => {
      const file = z.strictObject({
        schema: z.literal(`schemas/vectors/${name}.schema.json`),
        format: z.literal("tollgate-receipts"),
        formatVersion: z.literal(1),
        algorithm: text,
        generator: text,
        numberOfTests: z.int().check(z.minimum(1)),
        header: z.array(text),
        notes: z.record(text, z.strictObject({ description: text })),
        testGroups: z.array(z.union(types)).check(z.minLength(1)),
      });
      const schema = {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: `${name}.schema.json`,
        title: `Tollgate test vectors: ${name}.json`,
        ...plain(file),
      };
      return [`${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}
