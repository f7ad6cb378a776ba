import type { JsonObject } from "../../src/codec/json.ts";
import type { VectorSigner } from "./signed-line.ts";

/** 2026-03-02T09:15:00.000Z. */
export const morning: number = Date.UTC(2026, 2, 2, 9, 15);

/** The n-th of the ids that the vectors use: a UUID version 7 of that morning. */
export function vectorId(n: number): string {
  return `019cadd4-5620-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** The time `ms` milliseconds after that morning. */
export function timeAt(ms: number): string {
  return new Date(morning + ms).toISOString();
}

/** A digest that stands for anything. */
export function anyDigest(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/** The members that every body has. */
function headerOf(seq: number): JsonObject {
  return {
    v: 1,
    id: vectorId(seq),
    chain: "main",
    seq,
    prev: seq === 0 ? null : anyDigest("0"),
    time: timeAt(seq * 1000),
  };
}

/** A claim on the budget that the samples draw on. */
export function claimOf(amount: string): JsonObject {
  return { budget: "daily", partition: "user=alice", window: "2026-03-02T00:00:00Z", unit: "usd", amount };
}

/** What a decision says of itself, where it lets through. */
export const allowed: JsonObject = {
  outcome: "allow",
  terminal: false,
  mode: "enforce",
  code: "allowed",
  reason: "no evaluator objected",
  rules: [],
  evaluators: [],
  policy: null,
};

/** An action as receipts describe it. */
export const sampleAction: JsonObject = {
  digest: anyDigest("a"),
  kind: "llm",
  name: "gpt-4o",
  subject: { user: "alice" },
  run: "run-1",
};

/** One sound body of each type with all that it must have and little else; none is the first of a chain. */
export function sampleBodies(signer: VectorSigner): Readonly<Record<string, JsonObject>> {
  return {
    decision: {
      ...headerOf(1),
      type: "decision",
      action: sampleAction,
      decision: allowed,
      claims: [claimOf("1000")],
      price: { catalog: anyDigest("c"), model: "openai/gpt-4o", rates: { input: "2500000000" } },
      reservation: vectorId(1),
    },
    settlement: {
      ...headerOf(2),
      type: "settlement",
      decision: vectorId(1),
      reservation: vectorId(1),
      outcome: "settled",
      amounts: [{ unit: "usd", amount: "900" }],
      usage: { input_tokens: 10, output_tokens: 20 },
      source: "reported",
    },
    approval: {
      ...headerOf(3),
      type: "approval",
      approval: "approval-1",
      status: "requested",
      action: anyDigest("b"),
      run: "run-1",
      reason: "payments need a person",
    },
    stop: { ...headerOf(4), type: "stop", run: "run-1", reason: "runaway loop" },
    adjustment: {
      ...headerOf(4),
      type: "adjustment",
      adjustment: "adjustment-1",
      kind: "top_up",
      ...claimOf("-5000000000"),
      by: "treasurer",
      reason: "approved for March",
    },
    key: { ...headerOf(5), type: "key", kid: signer.kid, jwk: { ...signer.publicKey } },
    checkpoint: {
      ...headerOf(6),
      type: "checkpoint",
      size: 6,
      root: anyDigest("d"),
      heads: [{ chain: "other", seq: 41, digest: anyDigest("e") }],
      note: "A".repeat(85).concat("A"),
    },
    close: { ...headerOf(7), type: "close" },
  };
}

/** The sample that a variant is of, with its changes. */
export function variantOf(body: JsonObject, change: JsonObject): JsonObject {
  // What stops an agent stops no run.
  const { run: _run, ...others } = body;
  return { ...(Object.hasOwn(change, "agent") ? others : body), ...change };
}

/** Sound bodies beyond the samples: what is special about each, its type and what it changes. */
export const variants: readonly (readonly [string, string, JsonObject])[] = [
  ["everything that a decision may have", "decision", fullDecision()],
  ["a refusal", "decision", refusal()],
  [
    "a degrade",
    "decision",
    {
      decision: { ...allowed, outcome: "degrade", code: "degraded", rules: ["budget/soft"] },
      enforced: anyDigest("f"),
      replaced: "gpt-4o-mini",
    },
  ],
  [
    "a skip",
    "decision",
    {
      decision: { ...allowed, outcome: "skip", code: "skipped" },
      claims: [],
      price: null,
      reservation: null,
    },
  ],
  [
    "a decision that asks for an approval",
    "decision",
    {
      decision: { ...allowed, outcome: "require_approval", code: "approval_required" },
      claims: [],
      price: null,
      reservation: null,
      approval: vectorId(9),
    },
  ],
  [
    "a terminal deny",
    "decision",
    {
      decision: { ...allowed, outcome: "deny", code: "run_stopped", terminal: true },
      claims: [],
      price: null,
      reservation: null,
    },
  ],
  [
    "shadow mode",
    "decision",
    { decision: { ...allowed, outcome: "deny", code: "budget_exceeded", mode: "shadow" } },
  ],
  [
    "a gate that failed open",
    "decision",
    { decision: { ...allowed, failure: "ledger_failed: no answer" }, claims: [], reservation: null },
  ],
  ["a code that is not known yet", "decision", { decision: { ...allowed, code: "another_code" } }],
  [
    "rates by tiers",
    "decision",
    {
      price: {
        catalog: anyDigest("c"),
        model: "x/y",
        rates: { input: { base: "1", tiers: [{ start: 200000, rate: "2" }] }, per_call: "0" },
      },
    },
  ],
  ["every letter that names and digests may have", "decision", allLetters()],
  [
    "text beyond ASCII",
    "decision",
    { decision: { ...allowed, reason: 'no rule said "no"\n\u2028\u20ac \u{1f600}' } },
  ],
  ["the largest amount", "decision", { claims: [claimOf("9223372036854775807")] }],
  ["a release", "settlement", { outcome: "released", amounts: [], reason: "the provider was down" }],
  ["an expiry", "settlement", { outcome: "expired", amounts: [] }],
  ["an overage", "settlement", { amounts: [{ unit: "usd", amount: "1200" }], overage: [claimOf("200")] }],
  ["late", "settlement", { late: true }],
  ["an estimate", "settlement", { source: "estimated", amounts: [] }],
  ["no reservation", "settlement", { reservation: null, amounts: [] }],
  ["a grant", "approval", { status: "granted", by: "treasurer" }],
  ["a denial", "approval", { status: "denied", by: "treasurer", reason: "not now" }],
  ["an expired request", "approval", { status: "expired" }],
  ["a used approval", "approval", { status: "used" }],
  ["a reason without a text", "stop", { reason: "" }],
  ["an agent", "stop", { agent: "finance-bot" }],
  ["an agent in one tenant, stopped by hand", "stop", { agent: "finance-bot", tenant: "acme", by: "carol" }],
  ["a run that is stopped by hand", "stop", { by: "carol" }],
  ["an agent's stop that is lifted", "stop", { agent: "finance-bot", lifted: true, by: "carol" }],
  [
    "an agent's stop that is lifted in one tenant",
    "stop",
    {
      agent: "finance-bot",
      tenant: "acme",
      lifted: true,
      by: "carol",
      reason: "its prompt is its own again",
    },
  ],
  ["money given back", "adjustment", { kind: "refund", amount: "-1" }],
  ["spending that is booked by hand", "adjustment", { kind: "correction", amount: "250" }],
  ["spending that is taken back by hand", "adjustment", { kind: "correction", amount: "-250" }],
  ["a correction of nothing", "adjustment", { kind: "correction", amount: "0" }],
  ["the largest correction", "adjustment", { kind: "correction", amount: "9223372036854775807" }],
  ["the smallest correction", "adjustment", { kind: "correction", amount: "-9223372036854775808" }],
  ["a top-up of 2^63 - 1", "adjustment", { amount: "-9223372036854775807" }],
  [
    "of a budget with one balance for all, without a reason",
    "adjustment",
    { partition: "", window: "total", unit: "tokens", reason: "" },
  ],
  ["by somebody with a name of 1,024 characters", "adjustment", { by: "\u{1f600}".repeat(1024) }],
  ["a chain's name of 1,024 characters", "close", { chain: "c".repeat(1024) }],
  [
    "a chain's name of 1,024 characters of two UTF-16 code units",
    "close",
    { chain: "\u{1f600}".repeat(1024) },
  ],
  ["the last millisecond of a leap day", "close", { time: "2028-02-29T23:59:59.999Z" }],
  ["the largest sequence number", "close", { seq: 9007199254740991 }],
  ["no other chains", "checkpoint", { heads: [] }],
];

function allLetters(): JsonObject {
  const letters = "abcdefghijklmnopqrstuvwxyz_0123456789";
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  return {
    id: "98765432-90ab-79cd-b9ef-9876543210ab",
    time: "2019-08-29T18:39:58.999Z",
    action: { ...sampleAction, digest },
    decision: { ...allowed, code: letters },
    claims: [
      { ...claimOf("1234567890"), unit: letters },
      { ...claimOf("0"), unit: "u" },
    ],
    price: { catalog: digest, model: "", rates: { [letters]: "12345678901234567890123" } },
  };
}

function fullDecision(): JsonObject {
  return {
    action: {
      ...sampleAction,
      provider: "openai",
      subject: { tenant: "t", user: "u", agent: "a", role: "r", session: "s", capability: "data_write" },
      root: "run-0",
      step: 3,
      attempt: 2,
      params: '{"prompt":"hi"}',
    },
    decision: { ...allowed, rules: ["lists/gpt-*"], evaluators: ["lists"], policy: anyDigest("b") },
    claims: [
      claimOf("1000"),
      { ...claimOf("7"), budget: "emails", partition: "", window: "total", unit: "emails" },
    ],
    approval: vectorId(8),
  };
}

function refusal(): JsonObject {
  return {
    decision: { ...allowed, outcome: "deny", code: "budget_exceeded", rules: ["daily"] },
    claims: [],
    price: null,
    reservation: null,
    exceeded: [{ ...claimOf("1000"), limit: "5000", spent: "4500", held: "0" }],
  };
}
