import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { asBoolean } from "./as-boolean.ts";
import { checkNames } from "./check-names.ts";
import { compile } from "./compile.ts";
import type { Flaw } from "./flaw.ts";
import { formOf } from "./form-of.ts";
import type { Scope } from "./scope.ts";
import { treeSize } from "./tree-size.ts";
import { flawOf } from "./type-flaw.ts";

/** An expression that was checked, and answers true or false. */
export interface Expression {
  readonly ast: ASTNode;
  /** What it says, however it was written; see `formOf`. */
  readonly text: string;
  readonly budgets: ReadonlySet<string>;
  readonly usesParams: boolean;
  /** @throws CannotEvaluate when it has no value. */
  holds(scope: Scope): boolean;
}

/** An expression, or all that is wrong with it. */
export type ReadExpression = { readonly expression: Expression } | { readonly flaws: readonly Flaw[] };

/** Parses an expression, checks its names and types, and makes it ready to be evaluated. */
export function readExpression(
  source: string,
  environment: Environment,
  budgetIds: readonly string[],
): ReadExpression {
  let ast: ASTNode;
  try {
    ast = environment.parse(source).ast;
  } catch (error) {
    // The library counts no signs before a value, and goes as deep as there are such.
    if (error instanceof RangeError)
      return { flaws: [{ offset: 0, message: "it nests deeper than can be read" }] };
    return { flaws: [flawOf(error)] };
  }
  const { flaws, budgets, usesParams } = checkNames(ast, budgetIds);
  if (flaws.length > 0) return { flaws };
  // The checker writes into what it checks, and so gets a tree of its own.
  const { valid, type, error } = environment.check(source);
  if (!valid) return { flaws: [flawOf(error)] };
  if (type !== "bool" && type !== "dyn") {
    const message = `the value is a ${type}, and must be true or false; compare it with something`;
    return { flaws: [{ offset: ast.range.start, message }] };
  }
  const compiled = compile(ast, []);
  const steps = treeSize(ast);
  return {
    expression: {
      ast,
      text: formOf(ast),
      budgets,
      usesParams,
      holds: (scope) => {
        scope.meter.spend(steps);
        return asBoolean(compiled(scope));
      },
    },
  };
}
