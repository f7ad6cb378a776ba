import * as z from "zod/mini";
import { InvalidConfig } from "../errors.ts";
import type { GateOptions } from "./gate-options.ts";

/** Timers take no longer delays than 2^31 - 1 milliseconds: with more they fire at once. */
const milliseconds = z.int().check(z.minimum(1), z.maximum(2_147_483_647));

/** Something with these methods: a part that the caller made. */
function part(...methods: readonly string[]): z.ZodMiniType {
  return z.custom(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function"),
    `expected an object with ${methods.join(", ")}`,
  );
}

const fn = z.custom((value) => typeof value === "function", "expected a function");

const schema = z.strictObject({
  budgets: z.optional(z.array(z.unknown())),
  evaluators: z.optional(z.array(part("evaluate"))),
  prices: z.optional(z.looseObject({})),
  unpriced: z.optional(z.enum(["deny", "allow"])),
  maxOutputTokens: z.optional(z.union([z.int().check(z.minimum(1)), z.literal("unbounded")])),
  tokenCounter: z.optional(fn),
  ledger: z.optional(part("reserve", "settle", "release", "extend", "expire", "nextExpiry", "balances")),
  log: z.optional(part("append", "read", "head")),
  signer: z.optional(part("sign")),
  chain: z.optional(
    z.string().check(z.regex(/^[A-Za-z0-9_.:-]{1,128}$/, "is 1 to 128 of A-Z a-z 0-9 _ . : -")),
  ),
  subject: z.optional(z.looseObject({})),
  mode: z.optional(z.enum(["enforce", "shadow"])),
  failure: z.optional(z.enum(["closed", "open"])),
  policy: z.optional(
    z.nullable(z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, "is sha256: and 64 hex digits"))),
  ),
  params: z.optional(z.union([z.enum(["digest", "full"]), fn])),
  evaluatorTimeoutMs: z.optional(milliseconds),
  storageTimeoutMs: z.optional(milliseconds),
  reservationTtlMs: z.optional(milliseconds),
  approvalTtlMs: z.optional(milliseconds),
  clockToleranceMs: z.optional(z.int().check(z.minimum(0))),
  clock: z.optional(part("now", "setTimer", "clearTimer")),
  onReceipt: z.optional(fn),
  onFailure: z.optional(fn),
});

/**
 * Checks a gate's options as a whole; budgets, evaluators and prices are checked by their own rooms.
 *
 * @throws InvalidConfig naming the option.
 */
export function readOptions(options: GateOptions): GateOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) return options;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const known = Object.keys(schema.shape).join(", ");
    throw new InvalidConfig(issue.keys.join(", "), `is not an option of createGate; there are ${known}`);
  }
  throw new InvalidConfig(issue?.path.map(String).join(".") || "options", issue?.message ?? "makes no sense");
}
