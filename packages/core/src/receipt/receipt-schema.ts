import * as z from "zod/mini";
import { actionKinds } from "../action/action.ts";
import { maxAmount } from "../action/amounts.ts";
import { capabilities } from "../action/capability.ts";
import { outcomes } from "../evaluate/judgement.ts";
import type { Receipt } from "./receipt.ts";

const text = z.string();
const name = z.string().check(z.minLength(1), z.maxLength(1024));
const code = z.string().check(z.regex(/^[a-z][a-z0-9_]*$/));
const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/));
const uuidv7 = z
  .string()
  .check(z.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));
const thumbprint = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));
const signature = z.string().check(z.regex(/^[A-Za-z0-9_-]{86}$/));
const jwk = z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: thumbprint });
const time = z.string().check(z.regex(instantPattern(), "not RFC 3339 in UTC with milliseconds"));
const count = z.int().check(z.minimum(0));
const decimal = z.string().check(z.regex(/^(0|[1-9][0-9]*)$/));
const amount = z.string().check(z.regex(amountPattern(maxAmount), "not a whole number up to 2^63 - 1"));
const signedAmount = z
  .string()
  .check(z.regex(signedAmountPattern(maxAmount), "not a whole number from -2^63 to 2^63 - 1"));
const unit = z.string().check(z.regex(/^[a-z][a-z0-9_]{0,63}$/));

const header = {
  v: z.literal(1),
  id: uuidv7,
  chain: name,
  seq: count,
  prev: z.nullable(digest),
  time,
} as const;

const field = z.exactOptional(name);
const subject = z.strictObject({
  tenant: field,
  user: field,
  agent: field,
  role: field,
  session: field,
  capability: z.exactOptional(z.enum(capabilities)),
});

const action = z.strictObject({
  digest,
  kind: z.enum(actionKinds),
  name: text,
  provider: z.exactOptional(text),
  subject,
  run: name,
  root: z.exactOptional(name),
  step: z.exactOptional(count),
  attempt: z.exactOptional(count),
  params: z.exactOptional(text),
});

const claim = z.strictObject({ budget: name, partition: text, window: name, unit, amount });

const exceeded = z.strictObject({
  budget: name,
  partition: text,
  window: name,
  unit,
  amount,
  limit: amount,
  spent: amount,
  held: amount,
});

const rate = z.union([
  decimal,
  z.strictObject({ base: decimal, tiers: z.array(z.strictObject({ start: count, rate: decimal })) }),
]);

const endorsement = z.strictObject({
  kid: thumbprint,
  jwk,
  notbefore: time,
  notafter: time,
  chain: z.exactOptional(name),
  sig: signature,
});

/** The form of a body by its type; the published JSON Schemas are made from these. */
export const bodySchemas: Readonly<Record<string, z.ZodMiniType>> = {
  decision: z.strictObject({
    ...header,
    type: z.literal("decision"),
    action,
    decision: z.strictObject({
      outcome: z.enum(outcomes),
      terminal: z.boolean(),
      mode: z.enum(["enforce", "shadow"]),
      code,
      reason: text,
      rules: z.array(text),
      evaluators: z.array(text),
      policy: z.nullable(digest),
      failure: z.exactOptional(text),
    }),
    claims: z.array(claim),
    price: z.nullable(z.strictObject({ catalog: digest, model: text, rates: z.record(code, rate) })),
    reservation: z.nullable(name),
    exceeded: z.exactOptional(z.array(exceeded)),
    enforced: z.exactOptional(digest),
    replaced: z.exactOptional(text),
    approval: z.exactOptional(name),
  }),
  settlement: z
    .strictObject({
      ...header,
      type: z.literal("settlement"),
      decision: name,
      reservation: z.nullable(name),
      outcome: z.enum(["settled", "released", "expired"]),
      reason: z.exactOptional(text),
      amounts: z.array(z.strictObject({ unit, amount })),
      usage: z.exactOptional(z.record(code, count)),
      source: z.exactOptional(z.enum(["reported", "estimated"])),
      overage: z.exactOptional(z.array(claim)),
      late: z.exactOptional(z.boolean()),
    })
    .check(
      z.refine((body) => body.outcome === "settled" || body.amounts.length === 0, "amounts without settling"),
    ),
  approval: z.strictObject({
    ...header,
    type: z.literal("approval"),
    approval: name,
    status: z.enum(["requested", "granted", "denied", "expired", "used"]),
    action: digest,
    run: name,
    by: z.exactOptional(text),
    reason: z.exactOptional(text),
  }),
  stop: z
    .strictObject({
      ...header,
      type: z.literal("stop"),
      run: z.exactOptional(name),
      agent: z.exactOptional(name),
      tenant: z.exactOptional(name),
      lifted: z.exactOptional(z.literal(true)),
      by: z.exactOptional(name),
      reason: text,
    })
    .check(
      z.refine(
        ({ run, agent, tenant, lifted, by }) =>
          run === undefined
            ? agent !== undefined && (lifted === undefined || by !== undefined)
            : (agent ?? tenant ?? lifted) === undefined,
        "not the stop of a run or an agent, or the lifting of an agent's by somebody",
      ),
    ),
  adjustment: z
    .strictObject({
      ...header,
      type: z.literal("adjustment"),
      adjustment: name,
      kind: z.enum(["top_up", "refund", "correction"]),
      budget: name,
      partition: text,
      window: name,
      unit,
      amount: signedAmount,
      by: name,
      reason: text,
    })
    .check(
      z.refine(
        (body) => body.kind === "correction" || body.amount.startsWith("-"),
        "a top-up or refund that is not below 0",
      ),
    ),
  key: z.strictObject({
    ...header,
    type: z.literal("key"),
    kid: thumbprint,
    jwk,
    endorsement: z.exactOptional(endorsement),
  }),
  checkpoint: z.strictObject({
    ...header,
    type: z.literal("checkpoint"),
    size: count,
    root: digest,
    heads: z.exactOptional(z.array(z.strictObject({ chain: name, seq: count, digest }))),
    note: z.exactOptional(signature),
  }),
  close: z.strictObject({ ...header, type: z.literal("close") }),
};

/** What stands around a body. */
export const envelopeSchema: z.ZodMiniType<{
  readonly body: { readonly v: unknown; readonly type: unknown };
}> = z.strictObject({
  body: z.looseObject({ v: z.unknown(), type: z.unknown() }),
  kid: thumbprint,
  sig: signature,
});

/** What {@link readReceipt} makes of a value. */
export type ReceiptReading =
  | { readonly status: "ok"; readonly receipt: Receipt }
  | {
      readonly status: "unknown_version" | "unknown_type" | "malformed";
      /** What is wrong and where, for a person. */
      readonly message: string;
    };

/**
 * Checks the shape of a receipt: every type of version 1, nothing unknown, nothing more.
 *
 * It says nothing of the signature, the canonical form or the chain.
 */
export function readReceipt(value: unknown): ReceiptReading {
  const outer = envelopeSchema.safeParse(value);
  if (!outer.success) return { status: "malformed", message: describe(outer.error) };
  const { v, type } = outer.data.body;
  if (v !== 1) return { status: "unknown_version", message: `version ${JSON.stringify(v)} is not 1` };
  const schema = typeof type === "string" && Object.hasOwn(bodySchemas, type) ? bodySchemas[type] : undefined;
  if (schema === undefined) {
    return { status: "unknown_type", message: `type ${JSON.stringify(type)} is not a receipt's` };
  }
  const receipt = value as Receipt;
  const inner = schema.safeParse(receipt.body);
  if (!inner.success) return { status: "malformed", message: describe(inner.error, "body") };
  return { status: "ok", receipt };
}

/** What is wrong with the shape of an endorsement, and where, for a person; null when nothing is. */
export function endorsementProblem(value: unknown): string | null {
  const result = endorsement.safeParse(value);
  return result.success ? null : describe(result.error, "endorsement");
}

function describe(error: z.core.$ZodError, ...prefix: string[]): string {
  const issue = error.issues[0];
  return issue === undefined
    ? "malformed"
    : `${[...prefix, ...issue.path].join(".") || "receipt"}: ${issue.message}`;
}

/**
 * Instants in the one form that sorts as text; `2025-02-30` is none.
 *
 * All of it is a pattern, so that the published JSON Schemas say the same.
 */
function instantPattern(): RegExp {
  const day = "0[1-9]|1[0-9]|2[0-8]";
  const date = `(0[13578]|1[02])-(${day}|29|3[01]|30)|(0[469]|11)-(${day}|29|30)|02-(${day})`;
  const leapYear = "[0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00";
  const clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}";
  return new RegExp(`^([0-9]{4}-(${date})|(${leapYear})-02-29)T${clock}Z$`);
}

/** Decimal texts of 0 to `largest`. */
function amountPattern(largest: bigint): RegExp {
  return new RegExp(`^(0|${positivePattern(largest)})$`);
}

/** Decimal texts of -`largest` - 1 to `largest`; 0 has no sign. */
function signedAmountPattern(largest: bigint): RegExp {
  return new RegExp(`^(0|-?(${positivePattern(largest)})|-${largest + 1n})$`);
}

/** Those of 1 to `largest`: of fewer digits, or as many of which the first that differs is smaller. */
function positivePattern(largest: bigint): string {
  const digits = `${largest}`;
  const smaller = Array.from(digits, (digit, index) => {
    const lowest = index === 0 ? 1 : 0;
    const rest = digits.length - index - 1;
    return Number(digit) > lowest
      ? `${digits.slice(0, index)}[${lowest}-${Number(digit) - 1}][0-9]{${rest}}`
      : null;
  }).filter((pattern) => pattern !== null);
  return `[1-9][0-9]{0,${digits.length - 2}}|${smaller.join("|")}|${digits}`;
}
