import type { ASTNode } from "@marcbachmann/cel-js";
import { asBoolean } from "./as-boolean.ts";
import { CannotEvaluate, failureSteps, TooManySteps } from "./cannot-evaluate.ts";
import { nameOf } from "./compare.ts";
import type { Compile, Compiled } from "./compiled.ts";
import { namesOf } from "./names-of.ts";
import type { Scope } from "./scope.ts";
import { treeSize } from "./tree-size.ts";

/** Makes `list.all(x, ...)` and its like, over the items of a list or the keys of a map. */
export function compileMacro(
  compile: Compile,
  name: string,
  of: ASTNode,
  [variable, body]: readonly ASTNode[],
  locals: readonly string[],
): Compiled {
  const [list, place] = [compile(of, locals), locals.length];
  const each = compile(body as ASTNode, [...locals, String(variable?.args)]);
  const cost = 1 + treeSize(body);
  const itemsOf = (scope: Scope): readonly unknown[] => {
    const value = list(scope);
    if (Array.isArray(value)) return value;
    if (typeof value === "object" && value !== null) return namesOf(value, scope.meter);
    throw new CannotEvaluate(`${nameOf(value)} has no items`);
  };
  const ask = (scope: Scope, item: unknown): unknown => {
    scope.meter.spend(cost);
    scope.locals[place] = item;
    return each(scope);
  };
  switch (name) {
    case "all":
      return (scope) => search(scope, itemsOf(scope), ask, false);
    case "exists":
      return (scope) => search(scope, itemsOf(scope), ask, true);
    case "exists_one":
      return (scope) => itemsOf(scope).filter((item) => asBoolean(ask(scope, item))).length === 1;
    case "filter":
      return (scope) => itemsOf(scope).filter((item) => asBoolean(ask(scope, item)));
    default:
      return (scope) => itemsOf(scope).map((item) => ask(scope, item));
  }
}

/** Looks for an item that decides; one without a value matters only when none does. */
function search(
  scope: Scope,
  items: readonly unknown[],
  ask: (scope: Scope, item: unknown) => unknown,
  decides: boolean,
): boolean {
  let failure: CannotEvaluate | null = null;
  for (const item of items) {
    try {
      if (asBoolean(ask(scope, item)) === decides) return decides;
    } catch (error) {
      if (!(error instanceof CannotEvaluate) || error instanceof TooManySteps) throw error;
      scope.meter.spend(failureSteps);
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  return !decides;
}
