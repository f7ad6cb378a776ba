import type { ASTNode } from "@marcbachmann/cel-js";
import type { Scope } from "./scope.ts";

/** A part of an expression, ready to be evaluated. @throws CannotEvaluate when it has no value. */
export type Compiled = (scope: Scope) => unknown;

/** Makes functions of a tree whose names and types were checked; `locals` are the names of lists' items. */
export type Compile = (node: ASTNode, locals: readonly string[]) => Compiled;
