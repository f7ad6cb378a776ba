import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { jwkThumbprint } from "../../src/receipt/jwk-thumbprint.ts";
import type { PublicJwk } from "../../src/receipt/receipt.ts";
import { anyDigest, claimOf, sampleAction } from "./sample-bodies.ts";
import { vectorSigner } from "./signed-line.ts";

/** A body that no verifier may take. */
export interface MalformedBody {
  readonly comment: string;
  readonly reason: string;
  readonly value: JsonObject;
}

/** Paths into a sample body, and what to put there instead. */
const wrong: Readonly<Record<string, readonly (readonly [string, string, JsonValue])[]>> = {
  decision: [
    ["a negative amount", "claims.0.amount", "-1"],
    ["an amount with a leading zero", "claims.0.amount", "01"],
    ["an amount with a fraction", "claims.0.amount", "1.5"],
    ["an amount as a number", "claims.0.amount", 1000],
    ["an amount beyond 2^63 - 1", "claims.0.amount", "9223372036854775808"],
    ["an amount of 20 digits", "claims.0.amount", "10000000000000000000"],
    ["an amount with a line feed", "claims.0.amount", "1\n"],
    ["a unit in upper case", "claims.0.unit", "USD"],
    ["a unit of 65 characters", "claims.0.unit", "u".repeat(65)],
    ["a budget without a name", "claims.0.budget", ""],
    ["a claim with a member more", "claims.0.limit", "1"],
    ["claims that are an object", "claims", {}],
    ["an unknown outcome", "decision.outcome", "maybe"],
    ["an unknown mode", "decision.mode", "audit"],
    ["a code with a hyphen", "decision.code", "not-allowed"],
    ["terminal as a text", "decision.terminal", "false"],
    ["a rule that is a number", "decision.rules", [1]],
    ["a policy that is no digest", "decision.policy", "v1"],
    ["a decision with a member more", "decision.result", "x"],
    ["a digest in upper case", "action.digest", anyDigest("A")],
    ["a digest of another algorithm", "action.digest", `sha512:${"a".repeat(64)}`],
    ["a digest that is too short", "action.digest", `sha256:${"a".repeat(63)}`],
    ["an unknown kind", "action.kind", "email"],
    ["an empty run", "action.run", ""],
    ["a step below 0", "action.step", -1],
    ["a step that is no whole number", "action.step", 0.5],
    ["a step beyond 2^53 - 1", "action.step", 2 ** 53],
    ["parameters that are an object", "action.params", {}],
    ["an unknown field of the subject", "action.subject", { org: "acme" }],
    ["an unknown capability", "action.subject", { capability: "admin" }],
    ["an empty field of the subject", "action.subject", { user: "" }],
    ["a field of the subject that is null", "action.subject", { user: null }],
    ["a rate that is a number", "price.rates.input", 1],
    ["a rate with a fraction", "price.rates.input", "0.5"],
    ["a rate without its tiers", "price.rates.input", { base: "1" }],
    ["a rate's name in upper case", "price.rates.perCall", "1"],
    ["exceeded without limits", "exceeded", [claimOf("1")]],
    ["enforced that is null", "enforced", null],
  ],
  settlement: [
    ["an unknown outcome", "outcome", "refunded"],
    ["amounts of a release", "outcome", "released"],
    ["amounts of an expiry", "outcome", "expired"],
    ["an unknown source", "source", "guessed"],
    ["usage below 0", "usage.input_tokens", -1],
    ["usage as a text", "usage.input_tokens", "10"],
    ["usage by a name in upper case", "usage.inputTokens", 10],
    ["an amount without a unit", "amounts.0", { amount: "1" }],
    ["late as a number", "late", 1],
    ["an overage that is no list", "overage", claimOf("1")],
  ],
  approval: [
    ["an unknown status", "status", "pending"],
    ["an action that is no digest", "action", "pay_invoice"],
    ["by nobody", "by", null],
  ],
  stop: [
    ["an empty run", "run", ""],
    ["an agent besides a run", "agent", "finance-bot"],
    ["a tenant besides a run", "tenant", "acme"],
    ["by nobody", "by", ""],
    ["a run of 1,025 characters", "run", "r".repeat(1025)],
    ["a time without milliseconds", "time", "2026-03-02T09:15:04Z"],
    ["a time with an offset", "time", "2026-03-02T09:15:04.000+00:00"],
    ["a time in lower case", "time", "2026-03-02t09:15:04.000z"],
    ["a time of microseconds", "time", "2026-03-02T09:15:04.000000Z"],
    ["the 30th of February", "time", "2026-02-30T09:15:04.000Z"],
    ["the 29th of February in a common year", "time", "2026-02-29T09:15:04.000Z"],
    ["the 29th of February in 2100", "time", "2100-02-29T09:15:04.000Z"],
    ["the month 0", "time", "2026-00-02T09:15:04.000Z"],
    ["24 o'clock", "time", "2026-03-02T24:00:00.000Z"],
    ["a leap second", "time", "2016-12-31T23:59:60.000Z"],
    ["digits of another script", "time", "2026-03-0\u0662T09:15:04.000Z"],
    ["a time as a number", "time", 1772442904000],
    ["an id of another version", "id", "019cadd4-5620-4000-8000-000000000004"],
    ["an id of another variant", "id", "019cadd4-5620-7000-c000-000000000004"],
    ["an id in upper case", "id", "019CADD4-5620-7000-8000-000000000004"],
    ["an id in braces", "id", "{019cadd4-5620-7000-8000-000000000004}"],
    ["a sequence number below 0", "seq", -1],
    ["a sequence number with a fraction", "seq", 4.5],
    ["a sequence number as a text", "seq", "4"],
    ["a sequence number of 2^53", "seq", 2 ** 53],
    ["a previous digest that is empty", "prev", ""],
    ["a chain without a name", "chain", ""],
    ["a chain that is a number", "chain", 1],
    ["a key that JSON has and receipts have not", "Reason", ""],
    ["__proto__", "__proto__", 1],
  ],
  adjustment: [
    ["an unknown kind", "kind", "gift"],
    ["a top-up above 0", "amount", "5000000000"],
    ["a top-up of 0", "amount", "0"],
    ["-0", "amount", "-0"],
    ["an amount with a plus sign", "amount", "+5"],
    ["an amount with a leading zero", "amount", "-05"],
    ["an amount with a fraction", "amount", "-0.5"],
    ["an amount as a number", "amount", -5],
    ["a sign and no amount", "amount", "-"],
    ["two signs", "amount", "--5"],
    ["a minus sign that is not the ASCII one", "amount", "\u22125"],
    ["an amount below -2^63", "amount", "-9223372036854775809"],
    ["an amount of 20 digits", "amount", "-10000000000000000000"],
    ["an amount with a line feed", "amount", "-5\n"],
    ["a unit in upper case", "unit", "USD"],
    ["a budget without a name", "budget", ""],
    ["an empty window", "window", ""],
    ["a partition that is null", "partition", null],
    ["an empty id", "adjustment", ""],
    ["by nobody", "by", ""],
    ["by somebody with a name of 1,025 characters", "by", "n".repeat(1025)],
  ],
  key: [
    ["a key of another type", "jwk.kty", "EC"],
    ["a key of another curve", "jwk.crv", "Ed448"],
    ["a key of 31 bytes", "jwk.x", "A".repeat(42)],
    ["a key with its secret", "jwk.d", "A".repeat(43)],
    ["an endorsement without a signature", "endorsement", {}],
  ],
  checkpoint: [
    ["a size below 0", "size", -1],
    ["a size as a text", "size", "6"],
    ["a root without its algorithm", "root", "d".repeat(64)],
    ["a head without a digest", "heads.0", { chain: "other", seq: 41 }],
    ["heads that are an object", "heads", { other: 41 }],
    ["a note of 85 characters", "note", "A".repeat(85)],
    ["a note that is null", "note", null],
  ],
  close: [["a reason", "reason", "done"]],
};

/** Members that a body of a type may leave out. */
const optional: ReadonlySet<string> = new Set(["usage", "source", "reason", "heads", "note"]);

/** The ways in which a body of `type` can be wrong; `body` is a sound one. */
export function malformedBodies(type: string, body: JsonObject): readonly MalformedBody[] {
  const missing = Object.keys(body)
    .filter((name) => !(optional.has(name) && type !== "stop" && type !== "adjustment"))
    .map((name) => ({
      comment: `no ${name}`,
      reason: "malformed",
      value: Object.fromEntries(Object.entries(body).filter(([key]) => key !== name)),
    }));
  const changed = (wrong[type] ?? []).map(([comment, path, value]) => ({
    comment,
    reason: "malformed",
    value: changedAt(body, path.split("."), value) as JsonObject,
  }));
  const more = { comment: "a member more", reason: "malformed", value: { ...body, extra: null } };
  return [
    ...missing,
    ...changed,
    more,
    ...(type === "decision" ? withoutMembers(body) : []),
    ...(type === "settlement" ? [strangeName(body)] : []),
    ...(type === "stop" ? wrongLifts(body) : []),
    ...(type === "adjustment" ? wrongSigns(body) : []),
    ...(type === "key" ? badKeys(body) : []),
  ];
}

/** A map's name that schema checkers pass over: refused as a key that receipts may not have. */
function strangeName(body: JsonObject): MalformedBody {
  const usage = JSON.parse('{"__proto__":1}') as JsonObject;
  return { comment: "__proto__ as the name of a count", reason: "not_canonical", value: { ...body, usage } };
}

/** What lifts no agent's stop, or says not who lifts it. */
function wrongLifts({ run = "", ...body }: JsonObject): readonly MalformedBody[] {
  const changed = (comment: string, more: JsonObject): MalformedBody => ({
    comment,
    reason: "malformed",
    value: { ...body, ...more },
  });
  const agent = "finance-bot";
  return [
    changed("a run's stop that is lifted", { run, lifted: true, by: "carol" }),
    changed("an agent's stop that nobody lifts", { agent, lifted: true }),
    changed("an agent's stop that is not lifted, and says so", { agent, lifted: false, by: "carol" }),
    changed("an agent's stop that is lifted as a text", { agent, lifted: "true", by: "carol" }),
    changed("an agent's stop in a tenant without a name", { agent, tenant: "" }),
    changed("the stop of a whole tenant", { tenant: "acme" }),
  ];
}

/** Amounts that another kind of adjustment may have. */
function wrongSigns(body: JsonObject): readonly MalformedBody[] {
  const changed = (comment: string, kind: string, amount: string): MalformedBody => ({
    comment,
    reason: "malformed",
    value: { ...body, kind, amount },
  });
  return [
    changed("a refund above 0", "refund", "1"),
    changed("a refund of 0", "refund", "0"),
    changed("a correction of -0", "correction", "-0"),
    changed("a correction of more than 2^63 - 1", "correction", "9223372036854775808"),
    changed("a correction of less than -2^63", "correction", "-9223372036854775809"),
  ];
}

/** Decisions that lack a member of their action. */
function withoutMembers(body: JsonObject): readonly MalformedBody[] {
  return Object.keys(sampleAction).map((name) => ({
    comment: `an action without its ${name}`,
    reason: "malformed",
    value: {
      ...body,
      action: Object.fromEntries(Object.entries(sampleAction).filter(([key]) => key !== name)),
    },
  }));
}

function badKeys(body: JsonObject): readonly MalformedBody[] {
  const identity: PublicJwk = { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` };
  return [
    {
      comment: "a kid that is not the key's",
      reason: "bad_key",
      value: { ...body, kid: vectorSigner(8).kid },
    },
    {
      comment: "a key of small order",
      reason: "bad_key",
      value: { ...body, kid: jwkThumbprint(identity), jwk: { ...identity } },
    },
  ];
}

function changedAt(value: JsonValue, [first, ...rest]: readonly string[], to: JsonValue): JsonValue {
  if (first === undefined) return to;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) =>
      index === Number(first) ? changedAt(item, rest, to) : item,
    );
  }
  const members = value as JsonObject;
  // JSON.parse makes a member of __proto__, where an assignment would not.
  if (first === "__proto__") return { ...members, ...(JSON.parse('{"__proto__":1}') as JsonObject) };
  return { ...members, [first]: changedAt(members[first] ?? {}, rest, to) };
}
