import * as z from "zod/mini";
import { InvalidAction, InvalidConfig } from "../errors.ts";
import { type Action, type ActionInput, actionKinds } from "./action.ts";
import { maxAmount, parseAmount } from "./amounts.ts";
import { capabilities } from "./capability.ts";
import { jsonParams } from "./json-params.ts";
import { type Subject, subjectSchema } from "./subject.ts";

const text = z.string().check(
  z.minLength(1),
  z.maxLength(256),
  z.refine((value) => value.isWellFormed()),
);
const count = z.int().check(z.minimum(0));

const inputSchema = z.strictObject({
  kind: z.enum(actionKinds),
  name: text,
  provider: z.optional(text),
  params: z.optional(z.unknown()),
  maxOutputTokens: z.optional(count),
  inputTokens: z.optional(count),
  mediaParts: z.optional(count),
  amounts: z.optional(z.record(z.string(), z.union([z.bigint(), z.string()]))),
  capability: z.optional(z.enum(capabilities)),
  key: z.optional(text),
  step: z.optional(count),
  attempt: z.optional(count),
});

/**
 * Checks an action as its caller gave it and completes it: subject, default output limit, plain params.
 *
 * @throws InvalidAction naming the member that is wrong.
 */
export function readAction(
  input: ActionInput,
  subject: Subject,
  defaultMaxOutputTokens: number | null,
): Action {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) throw new InvalidAction(`the action is not valid: ${describe(parsed.error)}`);
  const { key: _key, params, amounts, ...rest } = parsed.data;
  const fillsLimit =
    rest.kind === "llm" && rest.maxOutputTokens === undefined && defaultMaxOutputTokens !== null;
  return Object.freeze({
    ...rest,
    ...(fillsLimit ? { maxOutputTokens: defaultMaxOutputTokens } : {}),
    params: jsonParams(params),
    amounts: amounts === undefined ? noAmounts : readAmounts(amounts),
    subject,
  }) as Action;
}

/**
 * Checks a subject as its caller gave it and copies it.
 *
 * @throws InvalidAction naming the field that is wrong.
 */
export function readSubject(input: unknown): Subject {
  const parsed = subjectSchema.safeParse(input);
  if (!parsed.success) throw new InvalidAction(`the subject is not valid: ${describe(parsed.error)}`);
  return Object.freeze({ ...parsed.data });
}

const noAmounts: Readonly<Record<string, bigint>> = Object.freeze({});

function readAmounts(input: Readonly<Record<string, bigint | string>>): Readonly<Record<string, bigint>> {
  const amounts: Record<string, bigint> = {};
  for (const [unit, value] of Object.entries(input)) {
    const path = `amounts.${unit}`;
    try {
      const amount =
        typeof value === "bigint" ? parseAmount({ unit, amount: value }, path) : parseAmount(value, path);
      if (amount.unit !== unit) {
        throw new InvalidAction(`${path}: "${value}" is in ${amount.unit}, not in ${unit}`);
      }
      if (amount.amount > maxAmount) throw new InvalidAction(`${path}: is more than 2^63 - 1`);
      amounts[unit] = amount.amount;
    } catch (error) {
      // The parser speaks of configuration; here the same nonsense is in an action.
      if (error instanceof InvalidConfig) throw new InvalidAction(error.message, { cause: error });
      throw error;
    }
  }
  return Object.freeze(amounts);
}

function describe(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => {
      const path = issue.path.map(String).join(".");
      if (issue.code === "unrecognized_keys") return `unknown member ${issue.keys.join(", ")}`;
      return `${path === "" ? "it" : path}: ${issue.message}`;
    })
    .join("; ");
}
