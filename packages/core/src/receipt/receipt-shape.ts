import { actionKinds } from "../action/action.ts";
import { maxAmount } from "../action/amounts.ts";
import { capabilities } from "../action/capability.ts";
import { outcomes } from "../evaluate/judgement.ts";
import type { AdjustmentBody, SettlementBody, StopBody } from "./receipt.ts";
import {
  type Check,
  either,
  isBoolean,
  isCount,
  isText,
  list,
  matching,
  type Optional,
  object,
  oneOf,
  optional,
  orNull,
  record,
} from "./value-check.ts";

/**
 * How long a parsed value is as canonical text without escapes, if it is surely a receipt whose members stand in
 * canonical order: a fast way to yes.
 *
 * -1 says nothing: whoever gets it asks the schema, which knows the reason. A test holds the two against each
 * other.
 */
export function plainReceiptLength(value: unknown): number {
  return isEnvelope(value);
}

const isName: Check = (value) =>
  typeof value === "string" && value !== "" && value.length <= 1024 ? value.length + 2 : -1;
const isCode: Check = matching(/^[a-z][a-z0-9_]*$/);
const isDigest: Check = matching(/^sha256:[0-9a-f]{64}$/);
const isThumbprint: Check = matching(/^[A-Za-z0-9_-]{43}$/);
const isSignature: Check = matching(/^[A-Za-z0-9_-]{86}$/);
const isDecimal: Check = matching(/^(0|[1-9][0-9]*)$/);
const isUnit: Check = matching(/^[a-z][a-z0-9_]{0,63}$/);
const isUuid: Check = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

const looksLikeAmount = matching(/^(0|[1-9][0-9]{0,18})$/);
const largestAmount = String(maxAmount);
/** Texts of one length compare as their numbers do. */
const isAmount: Check = (value) => {
  const length = looksLikeAmount(value);
  return length < largestAmount.length + 2 || (value as string) <= largestAmount ? length : -1;
};

/** The one amount below 0 that is none above it, -2^63, is left to the schema. */
const isSignedAmount: Check = (value) => {
  if (typeof value !== "string" || !value.startsWith("-")) return isAmount(value);
  const length = isAmount(value.slice(1));
  return length < 0 || value === "-0" ? -1 : length + 1;
};

/** RFC 3339 in UTC with milliseconds; February 29th is left to the schema, which has a calendar. */
const isTime: Check = matching(
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
);

const isJwk = object({ crv: oneOf(["Ed25519"]), kty: oneOf(["OKP"]), x: isThumbprint });

const isClaim = object({ amount: isAmount, budget: isName, partition: isText, unit: isUnit, window: isName });

const isAction = object({
  attempt: optional(isCount),
  digest: isDigest,
  kind: oneOf(actionKinds),
  name: isText,
  params: optional(isText),
  provider: optional(isText),
  root: optional(isName),
  run: isName,
  step: optional(isCount),
  subject: object({
    agent: optional(isName),
    capability: optional(oneOf(capabilities)),
    role: optional(isName),
    session: optional(isName),
    tenant: optional(isName),
    user: optional(isName),
  }),
});

const isVerdict = object({
  code: isCode,
  evaluators: list(isText),
  failure: optional(isText),
  mode: oneOf(["enforce", "shadow"]),
  outcome: oneOf(outcomes),
  policy: orNull(isDigest),
  reason: isText,
  rules: list(isText),
  terminal: isBoolean,
});

const isTiered = object({
  base: isDecimal,
  tiers: list(object({ rate: isDecimal, start: isCount })),
});

const isPrice = object({
  catalog: isDigest,
  model: isText,
  rates: record(isCode, either(isDecimal, isTiered)),
});

const isExceeded = object({
  amount: isAmount,
  budget: isName,
  held: isAmount,
  limit: isAmount,
  partition: isText,
  spent: isAmount,
  unit: isUnit,
  window: isName,
});

const isEndorsement = object({
  chain: optional(isName),
  jwk: isJwk,
  kid: isThumbprint,
  notafter: isTime,
  notbefore: isTime,
  sig: isSignature,
});

/** A body of this type: what every body has, and these members. */
function body(type: string, members: Readonly<Record<string, Check | Optional>>): Check {
  const all = {
    ...members,
    chain: isName,
    id: isUuid,
    prev: orNull(isDigest),
    seq: isCount,
    time: isTime,
    type: oneOf([type]),
    v: (version: unknown) => (version === 1 ? 1 : -1),
  };
  return object(Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))));
}

const isSettlement = body("settlement", {
  amounts: list(object({ amount: isAmount, unit: isUnit })),
  decision: isName,
  late: optional(isBoolean),
  outcome: oneOf(["settled", "released", "expired"]),
  overage: optional(list(isClaim)),
  reason: optional(isText),
  reservation: orNull(isName),
  source: optional(oneOf(["reported", "estimated"])),
  usage: optional(record(isCode, isCount)),
});

const isAdjustment = body("adjustment", {
  adjustment: isName,
  amount: isSignedAmount,
  budget: isName,
  by: isName,
  kind: oneOf(["top_up", "refund", "correction"]),
  partition: isText,
  reason: isText,
  unit: isUnit,
  window: isName,
});

const isStop = body("stop", {
  agent: optional(isName),
  by: optional(isName),
  lifted: optional((value) => (value === true ? 4 : -1)),
  reason: isText,
  run: optional(isName),
  tenant: optional(isName),
});

const bodies: Readonly<Record<string, Check>> = {
  decision: body("decision", {
    action: isAction,
    approval: optional(isName),
    claims: list(isClaim),
    decision: isVerdict,
    enforced: optional(isDigest),
    exceeded: optional(list(isExceeded)),
    price: orNull(isPrice),
    replaced: optional(isText),
    reservation: orNull(isName),
  }),
  settlement: (value) => {
    const length = isSettlement(value);
    if (length < 0) return -1;
    const { outcome, amounts } = value as SettlementBody;
    return outcome === "settled" || amounts.length === 0 ? length : -1;
  },
  approval: body("approval", {
    action: isDigest,
    approval: isName,
    by: optional(isText),
    reason: optional(isText),
    run: isName,
    status: oneOf(["requested", "granted", "denied", "expired", "used"]),
  }),
  stop: (value) => {
    const length = isStop(value);
    if (length < 0) return -1;
    const { run, agent, tenant, lifted, by } = value as StopBody;
    if (run !== undefined) return (agent ?? tenant ?? lifted) === undefined ? length : -1;
    return agent !== undefined && (lifted === undefined || by !== undefined) ? length : -1;
  },
  adjustment: (value) => {
    const length = isAdjustment(value);
    if (length < 0) return -1;
    const { kind, amount } = value as AdjustmentBody;
    return kind === "correction" || amount.startsWith("-") ? length : -1;
  },
  key: body("key", { endorsement: optional(isEndorsement), jwk: isJwk, kid: isThumbprint }),
  checkpoint: body("checkpoint", {
    heads: optional(list(object({ chain: isName, digest: isDigest, seq: isCount }))),
    note: optional(isSignature),
    root: isDigest,
    size: isCount,
  }),
  close: body("close", {}),
};

/** A body of any type. */
const isBody: Check = (value) => {
  if (typeof value !== "object" || value === null) return -1;
  const { type } = value as { readonly type?: unknown };
  return typeof type === "string" && Object.hasOwn(bodies, type) ? (bodies[type]?.(value) ?? -1) : -1;
};

const isEnvelope = object({ body: isBody, kid: isThumbprint, sig: isSignature });
