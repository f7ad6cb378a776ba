import type { Amounts } from "../action/amounts.ts";
import { isAmount } from "../action/is-amount.ts";
import { type Usage, type UsageSource, usageNames } from "../action/usage.ts";
import { isCount } from "../codec/count.ts";
import type { JsonObject } from "../codec/json.ts";
import { amountsFor } from "../pricing/usage-amounts.ts";
import type { Held } from "./hold-attempt.ts";
import type { Used } from "./permit.ts";

/** What a call used, as it can be booked and receipted. */
export interface ReadUsed {
  readonly amounts: Amounts;
  readonly source: UsageSource;
  /** The usage in a receipt's form; undefined when none was told. */
  readonly usage: JsonObject | undefined;
  /** What made no sense and was left out, for the gate's owner; null when all did. */
  readonly flaw: string | null;
}

const unitName = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Works out what to book: the usage's amounts and those given exactly, and what was reserved for whatever they do
 * not say; never nothing. What makes no sense counts as not said.
 */
export function readUsed(used: Used | null | undefined, held: Held): ReadUsed {
  const given = readAmounts(used?.amounts);
  const usage = isObject(used?.usage) ? (used?.usage as Usage) : undefined;
  const known = amountsFor({ usage, rates: held.rates, action: held.plan.action, reserved: held.bounds });
  const isReported = known.unknown === null || (given.flaw === null && Object.keys(given.amounts).length > 0);
  return {
    amounts: { ...held.bounds, ...known.amounts, ...given.amounts },
    source: readSource(used?.source) ?? (isReported ? "reported" : "estimated"),
    usage: usage === undefined ? undefined : usageJson(usage),
    flaw: given.flaw,
  };
}

function readAmounts(given: unknown): { readonly amounts: Amounts; readonly flaw: string | null } {
  if (given === undefined || given === null) return { amounts: {}, flaw: null };
  const amounts: Record<string, bigint> = {};
  for (const [unit, amount] of Object.entries(given)) {
    if (!unitName.test(unit)) return { amounts: {}, flaw: `"${unit}" is not a unit` };
    if (!isAmount(amount)) {
      return {
        amounts: {},
        flaw: `${String(amount)} is not an amount of ${unit}: use a bigint from 0n to 2^63 - 1`,
      };
    }
    amounts[unit] = amount;
  }
  return { amounts, flaw: null };
}

function readSource(source: unknown): UsageSource | undefined {
  return source === "reported" || source === "estimated" ? source : undefined;
}

function usageJson(usage: Usage): JsonObject {
  const json: Record<string, number> = {};
  for (const [member, name] of Object.entries(usageNames) as [keyof Usage, string][]) {
    const count = usage[member];
    // What makes no sense was treated as unknown; it cannot be written either. Adding 0 makes -0 a plain 0.
    if (isCount(count)) json[name] = count + 0;
  }
  return json;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
