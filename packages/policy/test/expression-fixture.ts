import { CannotEvaluate } from "../src/cel/cannot-evaluate.ts";
import { type Expression, readExpression } from "../src/cel/expression.ts";
import type { Flaw } from "../src/cel/flaw.ts";
import { Meter, type Scope } from "../src/cel/scope.ts";
import { createEnvironment } from "../src/cel/vocabulary.ts";

const environment = createEnvironment();

/** A scope of a tool call, with what a test says of it. */
export function scopeOf(parts: Partial<Scope> = {}, steps = 1_000_000): Scope {
  return {
    action: { kind: "tool", name: "pay_invoice", maxOutputTokens: 5, amounts: { usd: 5_000_000_000n } },
    subject: { user: "alice" },
    run: { id: "r", steps: 3n, calls: 2n, repeats: 1n, spent: 2_000_000_000n, started: 0n, seconds: 60n },
    time: { now: 0n, hour: 14n, minute: 5n, weekday: "friday", date: "2026-11-20", zone: "UTC" },
    params: {},
    meter: new Meter(steps),
    locals: [],
    budget: () => ({ limit: 100n, spent: 70n, held: 10n, left: 20n, ratio: 0.8 }),
    ...parts,
  };
}

/** An expression that must be right. */
export function expressionOf(source: string): Expression {
  const read = readExpression(source, environment, ["daily", "per-run"]);
  if ("flaws" in read) throw new Error(`${source}: ${JSON.stringify(read.flaws)}`);
  return read.expression;
}

/** All that is wrong with an expression. */
export function flawsOf(source: string): readonly Flaw[] {
  const read = readExpression(source, environment, ["daily", "per-run"]);
  return "flaws" in read ? read.flaws : [];
}

/** What an expression answers for parameters: true, false, or why it has no value. */
export function ask(source: string, params: unknown = {}, scope: Scope = scopeOf()): boolean | string {
  try {
    return expressionOf(source).holds({ ...scope, params });
  } catch (error) {
    if (error instanceof CannotEvaluate) return error.message;
    throw error;
  }
}
