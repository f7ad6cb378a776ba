import { digestAction } from "../../src/action/action-digest.ts";
import { readAction } from "../../src/action/read-action.ts";
import { readSubject } from "../../src/action/read-subject.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { buildValue, type ValuePlan } from "./build-value.ts";
import { invalid, type VectorFileContent, type VectorTest, valid } from "./vector-file.ts";

/** An action as the vectors write it: what its digest covers, in the words of receipts. */
export interface VectorAction extends JsonObject {
  readonly kind: string;
  readonly name: string;
  readonly subject: JsonObject;
}

/** The digest of a vector's action, by the code that gates use. @throws InvalidAction */
export function digestOfVector(action: JsonObject, params: unknown): string {
  const { subject, amounts, max_output_tokens: maxOutputTokens, ...rest } = action;
  const input = {
    ...rest,
    ...(amounts === undefined ? {} : { amounts: bigints(amounts as Readonly<Record<string, string>>) }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    params,
  };
  return digestAction(
    readAction(input as unknown as Parameters<typeof readAction>[0], readSubject(subject), null),
  ).digest;
}

function bigints(amounts: Readonly<Record<string, string>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(amounts).map(([unit, amount]) => [unit, BigInt(amount)]));
}

const alice = { tenant: "acme", user: "alice" };
const call: VectorAction = {
  kind: "llm",
  name: "gpt-4o",
  provider: "openai",
  max_output_tokens: 500,
  subject: alice,
};
const prompt: JsonValue = { prompt: "How was the quarter?", temperature: 0.7 };

/** What is special, the action, its parameters, and the text that is hashed. */
const taken: readonly (readonly [string, readonly string[], VectorAction, JsonValue, string])[] = [
  [
    "a model call",
    [],
    call,
    prompt,
    '{"action":{"kind":"llm","max_output_tokens":500,"name":"gpt-4o","provider":"openai","subject":{"tenant":"acme","user":"alice"}},"params":{"prompt":"How was the quarter?","temperature":0.7}}',
  ],
  [
    "the least that an action has",
    [],
    { kind: "other", name: "x", subject: {} },
    null,
    '{"action":{"kind":"other","name":"x","subject":{}},"params":null}',
  ],
  [
    "everything that an action has",
    [],
    {
      kind: "tool",
      name: "pay_invoice",
      provider: "bank",
      capability: "payment_execute",
      max_output_tokens: 0,
      amounts: { usd: "6000000000", emails: "1" },
      subject: { tenant: "a", user: "b", agent: "c", role: "d", session: "e", capability: "payment_execute" },
    },
    { to: "bob", lines: [1, 2.5, -0.001] },
    '{"action":{"amounts":{"emails":"1","usd":"6000000000"},"capability":"payment_execute","kind":"tool","max_output_tokens":0,"name":"pay_invoice","provider":"bank","subject":{"agent":"c","capability":"payment_execute","role":"d","session":"e","tenant":"a","user":"b"}},"params":{"lines":[1,2.5,-0.001],"to":"bob"}}',
  ],
  [
    "a name of 256 characters",
    [],
    { kind: "tool", name: "x".repeat(256), subject: {} },
    null,
    `{"action":{"kind":"tool","name":"${"x".repeat(256)}","subject":{}},"params":null}`,
  ],
  [
    "no amounts are no member",
    ["Absent"],
    { kind: "tool", name: "x", amounts: {}, subject: {} },
    {},
    '{"action":{"kind":"tool","name":"x","subject":{}},"params":{}}',
  ],
  [
    "the largest amount",
    [],
    { kind: "tool", name: "x", amounts: { usd: "9223372036854775807" }, subject: {} },
    null,
    '{"action":{"amounts":{"usd":"9223372036854775807"},"kind":"tool","name":"x","subject":{}},"params":null}',
  ],
  [
    "parameters are all of RFC 8785",
    ["Params"],
    { kind: "tool", name: "x", subject: {} },
    { "10": 1, "9": [1e21, 1e-7, 4.5], Ünïcode: "\u20ac\u2028", "": null },
    '{"action":{"kind":"tool","name":"x","subject":{}},"params":{"":null,"10":1,"9":[1e+21,1e-7,4.5],"Ünïcode":"\u20ac\u2028"}}',
  ],
  [
    "a name beyond ASCII",
    [],
    { kind: "tool", name: "\u{1f600}", subject: { user: 'o"neil\n' } },
    [],
    '{"action":{"kind":"tool","name":"\u{1f600}","subject":{"user":"o\\"neil\\n"}},"params":[]}',
  ],
];

/** Actions that differ from the model call above in one thing each. */
const others: readonly (readonly [string, JsonObject, JsonValue])[] = [
  ["another kind", { kind: "embedding" }, prompt],
  ["another name", { name: "gpt-4o-mini" }, prompt],
  ["another provider", { provider: "azure" }, prompt],
  ["another limit", { max_output_tokens: 501 }, prompt],
  ["an amount", { amounts: { usd: "1" } }, prompt],
  ["a capability", { capability: "read_only" }, prompt],
  ["another user", { subject: { tenant: "acme", user: "bob" } }, prompt],
  ["another tenant", { subject: { tenant: "acme2", user: "alice" } }, prompt],
  ["a session", { subject: { ...alice, session: "s" } }, prompt],
  ["another prompt", {}, { prompt: "How was the quarter!", temperature: 0.7 }],
  ["another number", {}, { prompt: "How was the quarter?", temperature: 0.71 }],
  ["a member more", {}, { prompt: "How was the quarter?", temperature: 0.7, n: 1 }],
  ["a member less", {}, { prompt: "How was the quarter?" }],
  ["a number as text", {}, { prompt: "How was the quarter?", temperature: "0.7" }],
];

/** Parameters as a program has them, and what they are digested as. */
const values: readonly (readonly [string, ValuePlan, string])[] = [
  ["nothing", { undefined: true }, "null"],
  [
    "an undefined member is left out",
    {
      object: [
        ["a", { undefined: true }],
        ["b", { json: 1 }],
      ],
    },
    '{"b":1}',
  ],
  ["an undefined item is null", { array: [{ undefined: true }] }, "[null]"],
  ["a large integer is text", { integer: "18446744073709551616" }, '"18446744073709551616"'],
  ["negative zero is 0", { number: "-0" }, "0"],
  [
    "bytes are their length and digest",
    { bytes: "616263" },
    '{"bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}',
  ],
  [
    "text that is cut inside a character is its code units",
    { array: [{ utf16: "0061d83d" }] },
    '[{"utf16":"0061d83d"}]',
  ],
  ["whole characters are text", { utf16: "0061d83dde00" }, '"a\u{1f600}"'],
  ["objects nested 100 deep", { nest: "object", depth: 100 }, `${'{"a":'.repeat(100)}1${"}".repeat(100)}`],
  ["nested 100 deep", { nest: "array", depth: 100 }, `${"[".repeat(100)}1${"]".repeat(100)}`],
];

const badValues: readonly (readonly [string, string, ValuePlan])[] = [
  ["NaN", "bad_number", { object: [["a", { number: "NaN" }]] }],
  ["infinity", "bad_number", { number: "Infinity" }],
  ["objects nested 101 deep", "too_deep", { nest: "object", depth: 101 }],
  ["nested 101 deep", "too_deep", { nest: "array", depth: 101 }],
  ["__proto__ as a key", "bad_key", { object: [["a", { object: [["__proto__", { json: 1 }]] }]] }],
  ["a key that is cut inside a character", "bad_key", { object: [[{ utf16: "d83d" }, { json: 1 }]] }],
];

/** Actions that nobody may make a digest of, changed in one thing each. */
const badActions: readonly (readonly [string, JsonObject])[] = [
  ["an unknown kind", { kind: "LLM" }],
  ["an empty name", { name: "" }],
  ["an empty provider", { provider: "" }],
  ["a field of the subject of 257 characters", { subject: { user: "x".repeat(257) } }],
  ["an unknown capability of the subject", { subject: { capability: "admin" } }],
  ["a name of 257 characters", { name: "x".repeat(257) }],
  ["an unknown member", { model: "gpt-4o" }],
  ["an unknown capability", { capability: "admin" }],
  ["a limit below 0", { max_output_tokens: -1 }],
  ["a limit that is no whole number", { max_output_tokens: 0.5 }],
  ["an amount beyond 2^63 - 1", { amounts: { usd: "9223372036854775808" } }],
  ["an amount below 0", { amounts: { usd: "-1" } }],
  ["a unit in upper case", { amounts: { USD: "1" } }],
  ["an unknown field of the subject", { subject: { user: "alice", org: "acme" } }],
  ["an empty field of the subject", { subject: { user: "" } }],
];

/** The digest of an action, which ties a receipt to what was asked for. */
export function actionDigestVectors(): VectorFileContent {
  const digest = digestOfVector(call, prompt);
  const base: VectorAction = { kind: "tool", name: "x", subject: {} };
  return {
    algorithm: "Action digest",
    header: [
      "ActionDigest: whether 'digest' is that of 'action' and 'params'; 'preimage' is the text that is hashed.",
      "ParamsInMemory: the same, with parameters that are built from 'value'; see README.md for how.",
      "Amounts are in the unit's smallest part: nano-dollars for usd.",
    ],
    notes: {
      Absent: "A member that is absent, and amounts that are empty, are not in the text at all.",
      InMemory:
        "Parameters are whatever a program hands over; what JSON lacks is digested in a form of its own.",
      OneChange: "Each differs in one thing from the action whose digest it claims.",
      Params: "Parameters are in the profile 'json': any keys and any finite numbers.",
      Refused: "An action that no gate judges has no digest.",
    },
    groups: [
      {
        type: "ActionDigest",
        tests: [
          ...taken.map(([comment, flags, action, params, preimage]) =>
            valid(comment, flags, { action, params, preimage, digest: digestOfVector(action, params) }),
          ),
          ...others.map(([comment, change, params]) =>
            invalid(comment, ["OneChange"], "digest_mismatch", {
              action: { ...call, ...change },
              params,
              digest,
            }),
          ),
          ...badActions.map(([comment, change]) =>
            invalid(comment, ["Refused"], "bad_action", { action: { ...call, ...change }, params: null }),
          ),
        ],
      },
      {
        type: "ParamsInMemory",
        action: base,
        tests: [
          ...values.map(
            ([comment, value, params]): VectorTest =>
              valid(comment, ["InMemory"], {
                value,
                preimage: `{"action":{"kind":"tool","name":"x","subject":{}},"params":${params}}`,
                digest: digestOfVector(base, buildValue(value)),
              }),
          ),
          ...badValues.map(([comment, reason, value]) => invalid(comment, ["InMemory"], reason, { value })),
        ],
      },
    ],
  };
}
