import { isPlainObject } from "../codec/plain-object.ts";
import { InvalidAction, InvalidConfig } from "../errors.ts";
import { type Action, type ActionInput, actionKinds } from "./action.ts";
import { parseAmount } from "./amounts.ts";
import { capabilities } from "./capability.ts";
import { checkMembers, readChoice, readCount, readText, refuseMember } from "./input-members.ts";
import { jsonParams } from "./json-params.ts";
import type { Subject } from "./subject.ts";

const members: ReadonlySet<string> = new Set<keyof ActionInput>([
  "kind",
  "name",
  "provider",
  "params",
  "maxOutputTokens",
  "inputTokens",
  "mediaParts",
  "amounts",
  "capability",
  "key",
  "step",
  "attempt",
]);

const what = "action";

/**
 * Checks an action as its caller gave it and completes it: default output limit, plain params, the subject.
 *
 * Written out rather than as a schema: it is a part of every decision, and of every page.
 *
 * @throws InvalidAction naming the member that is wrong.
 */
export function readAction(
  input: ActionInput,
  subject: Subject,
  defaultMaxOutputTokens: number | null,
): Action {
  checkMembers(input, members, what);
  const { kind, name, provider, params, maxOutputTokens, inputTokens, mediaParts } = input;
  const { amounts, capability, key, step, attempt } = input;
  const action: { -readonly [Member in keyof Action]: Action[Member] } = {
    kind: readChoice(kind, actionKinds, "kind", what),
    name: readText(name, "name", what),
    params: jsonParams(params),
    amounts: amounts === undefined ? noAmounts : readAmounts(amounts),
    subject,
  };
  if (provider !== undefined) action.provider = readText(provider, "provider", what);
  if (maxOutputTokens !== undefined) {
    action.maxOutputTokens = readCount(maxOutputTokens, "maxOutputTokens", what);
  } else if (kind === "llm" && defaultMaxOutputTokens !== null) {
    action.maxOutputTokens = defaultMaxOutputTokens;
  }
  if (inputTokens !== undefined) action.inputTokens = readCount(inputTokens, "inputTokens", what);
  if (mediaParts !== undefined) action.mediaParts = readCount(mediaParts, "mediaParts", what);
  if (capability !== undefined) action.capability = readChoice(capability, capabilities, "capability", what);
  if (step !== undefined) action.step = readCount(step, "step", what);
  if (attempt !== undefined) action.attempt = readCount(attempt, "attempt", what);
  if (key !== undefined) readText(key, "key", what);
  return Object.freeze(action);
}

const noAmounts: Readonly<Record<string, bigint>> = Object.freeze({});

function readAmounts(input: unknown): Readonly<Record<string, bigint>> {
  // The entries of a Map, say, would not be seen.
  if (!isPlainObject(input)) {
    return refuseMember("amounts", 'expected an object such as { usd: "$0.18" }', what);
  }
  const amounts: Record<string, bigint> = {};
  for (const [unit, value] of Object.entries(input)) {
    const path = `amounts.${unit}`;
    if (typeof value !== "bigint" && typeof value !== "string") {
      return refuseMember(path, 'expected a bigint, or text such as "$0.18"', what);
    }
    try {
      const amount = parseAmount(typeof value === "bigint" ? { unit, amount: value } : value, path);
      if (amount.unit !== unit) {
        throw new InvalidAction(`${path}: "${value}" is in ${amount.unit}, not in ${unit}`);
      }
      amounts[unit] = amount.amount;
    } catch (error) {
      // The parser speaks of configuration; here the same nonsense is in an action.
      if (error instanceof InvalidConfig) throw new InvalidAction(error.message, { cause: error });
      throw error;
    }
  }
  return Object.freeze(amounts);
}
