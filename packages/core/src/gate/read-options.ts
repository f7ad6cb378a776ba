import { isObject } from "../codec/plain-object.ts";
import { InvalidConfig } from "../errors.ts";
import type { GateOptions } from "./gate-options.ts";

/** What is wrong with a value, in words that follow the option's name; null when nothing is. */
type Check = (value: unknown) => string | null;

const list: Check = (value) => (Array.isArray(value) ? null : "expected a list");
const object: Check = (value) => (isObject(value) ? null : "expected an object");
const fn: Check = (value) => (typeof value === "function" ? null : "expected a function");

/** Something with these methods: a part that the caller made. */
function part(...methods: readonly string[]): Check {
  return (value) =>
    isObject(value) && methods.every((name) => typeof value[name] === "function")
      ? null
      : `expected an object with ${methods.join(", ")}`;
}

function oneOf(...words: readonly unknown[]): Check {
  return (value) => (words.includes(value) ? null : `expected one of ${words.join(", ")}`);
}

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? null
      : `expected a whole number from ${least} to ${most}`;
}

function text(pattern: RegExp, problem: string): Check {
  return (value) => (typeof value === "string" && pattern.test(value) ? null : problem);
}

function either(first: Check, second: Check): Check {
  return (value) => first(value) && second(value);
}

/** Timers take no longer delays than 2^31 - 1 milliseconds: with more they fire at once. */
const milliseconds = whole(1, 2_147_483_647);

const checks: { readonly [Option in keyof Required<GateOptions>]: Check } = {
  budgets: list,
  evaluators: list,
  prices: object,
  unpriced: oneOf("deny", "allow"),
  maxOutputTokens: either(oneOf("unbounded"), whole(1)),
  tokenCounter: fn,
  ledger: part("reserve", "settle", "release", "extend", "expire", "nextExpiry", "balances"),
  log: part("append", "read", "head"),
  approvals: part("ask", "answer", "expire", "get", "list"),
  stops: part("reason", "stop"),
  signer: part("sign"),
  formerSigners: list,
  checkpoints: part("follow"),
  chain: text(/^[A-Za-z0-9_.:-]{1,128}$/, "expected 1 to 128 of A-Z a-z 0-9 _ . : -"),
  subject: object,
  identity: part("holder"),
  mode: oneOf("enforce", "shadow"),
  failure: oneOf("closed", "open"),
  policy: either(
    fn,
    either(oneOf(null), text(/^sha256:[0-9a-f]{64}$/, "expected sha256: and 64 hex digits")),
  ),
  params: either(fn, oneOf("digest", "full")),
  evaluatorTimeoutMs: milliseconds,
  storageTimeoutMs: milliseconds,
  reservationTtlMs: milliseconds,
  approvalTtlMs: milliseconds,
  clockToleranceMs: whole(0),
  clock: part("now", "setTimer", "clearTimer"),
  onReceipt: fn,
  onApproval: fn,
  onFailure: fn,
};

/**
 * Checks a gate's options as a whole; what is in budgets, evaluators and prices is checked by their own rooms.
 *
 * @throws InvalidConfig naming the option.
 */
export function readOptions(options: GateOptions): GateOptions {
  if (!isObject(options)) throw new InvalidConfig("options", "expected an object");
  const stray = Object.keys(options).filter((name) => !Object.hasOwn(checks, name));
  if (stray.length > 0) {
    const known = Object.keys(checks).join(", ");
    throw new InvalidConfig(stray.join(", "), `is not an option of createGate; there are ${known}`);
  }
  for (const [name, check] of Object.entries(checks)) {
    const value = options[name as keyof GateOptions];
    const problem = value === undefined ? null : check(value);
    if (problem !== null) throw new InvalidConfig(name, problem);
  }
  return options;
}
