import { type ASTNode, type BinaryOperator, serialize } from "@marcbachmann/cel-js";
import { arithmetic, negated } from "./arithmetic.ts";
import { asBoolean } from "./as-boolean.ts";
import { CannotEvaluate, failureSteps, TooManySteps } from "./cannot-evaluate.ts";
import { budgetOf } from "./check-names.ts";
import { compare, equal, nameOf } from "./compare.ts";
import { compileCall, compileMethod } from "./compile-call.ts";
import { compileMacro } from "./compile-macro.ts";
import type { Compile, Compiled } from "./compiled.ts";
import { missing } from "./missing-member.ts";
import type { Scope } from "./scope.ts";
import { fieldOf, macros } from "./vocabulary.ts";

/** Makes functions of a tree whose names and types were checked; `locals` are the names of lists' items. */
export const compile: Compile = (node, locals) => {
  switch (node.op) {
    case "value": {
      const value = node.args;
      return () => value;
    }
    case "id":
      return compileName(node.args, locals);
    case ".":
      return compileField(node, node.args[0], node.args[1], locals);
    case "[]":
      return compileItem(node, locals);
    case "&&":
    case "||":
      return compileLogic(node.op === "||", compile(node.args[0], locals), compile(node.args[1], locals));
    case "!_": {
      const operand = compile(node.args, locals);
      return (scope) => !asBoolean(operand(scope));
    }
    case "-_": {
      const operand = compile(node.args, locals);
      return (scope) => negated(operand(scope));
    }
    case "?:": {
      const [condition, yes, no] = [
        compile(node.args[0], locals),
        compile(node.args[1], locals),
        compile(node.args[2], locals),
      ];
      return (scope) => (asBoolean(condition(scope)) ? yes(scope) : no(scope));
    }
    case "list": {
      const items = node.args.map((item) => compile(item, locals));
      if (node.args.every(({ op }) => op === "value")) {
        const values = node.args.map((item) => item.args);
        return () => values;
      }
      return (scope) => items.map((item) => item(scope));
    }
    case "call":
      return compileCall(compile, node.args[0], node.args[1], locals);
    case "rcall": {
      const [name, of, args] = node.args;
      return macros.includes(name)
        ? compileMacro(compile, name, of, args, locals)
        : compileMethod(compile, name, of, args, locals);
    }
    case "map":
    case ".?":
    case "[?]":
      throw new TypeError(`${node.op} should have been refused`);
    default:
      return compileBinary(node.op, node.args[0], node.args[1], locals);
  }
};

function compileName(name: string, locals: readonly string[]): Compiled {
  const place = locals.indexOf(name);
  return place === -1 ? (scope) => scope.params : (scope) => scope.locals[place];
}

type Root = "action" | "subject" | "run" | "time";

function compileField(node: ASTNode, of: ASTNode, field: string, locals: readonly string[]): Compiled {
  const id = budgetOf(of, locals);
  if (id !== null) return (scope) => scope.budget(id)[field as "spent"];
  const path = serialize(node);
  if (of.op === "id" && of.args !== "params" && !locals.includes(of.args)) {
    const root = of.args as Root;
    const isWhole = fieldOf(root, field)?.type === "int";
    return (scope) => {
      const value = scope[root][field];
      if (value === undefined) throw missing(path);
      // Counts of an action are numbers as callers give them.
      return isWhole && typeof value === "number" ? BigInt(value) : value;
    };
  }
  const owner = compile(of, locals);
  const ownerPath = serialize(of);
  return (scope) => memberOf(owner(scope), field, path, ownerPath);
}

/** A member of a map. @throws CannotEvaluate when it is missing, or the value is no map. */
function memberOf(value: unknown, key: string, path: string, ownerPath: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CannotEvaluate(`${ownerPath} is ${nameOf(value)}, and has no members`);
  }
  // What a prototype has is nobody's parameter.
  if (!Object.hasOwn(value, key)) throw missing(path);
  return value[key as keyof typeof value];
}

function compileItem(node: ASTNode & { op: "[]" }, locals: readonly string[]): Compiled {
  const [of, key] = [compile(node.args[0], locals), compile(node.args[1], locals)];
  const [path, ownerPath] = [serialize(node), serialize(node.args[0])];
  return (scope) => {
    const owner = of(scope);
    const index = key(scope);
    if (!Array.isArray(owner)) {
      if (typeof index !== "string") throw new CannotEvaluate(`${ownerPath} is not a list`);
      return memberOf(owner, index, path, ownerPath);
    }
    // Nothing else is taken for a number: Number() makes one of null, true and lists, too.
    const place = typeof index === "number" || typeof index === "bigint" ? Number(index) : Number.NaN;
    if (!Number.isInteger(place)) {
      throw new CannotEvaluate(`the items of ${ownerPath} have whole numbers`);
    }
    if (place < 0 || place >= owner.length) throw missing(path);
    return owner[place];
  };
}

/**
 * `and` and `or` as CEL has them: when either side decides alone, the other may be without a value.
 *
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
 */
function compileLogic(decides: boolean, left: Compiled, right: Compiled): Compiled {
  return (scope) => {
    let first: boolean;
    try {
      first = asBoolean(left(scope));
    } catch (error) {
      if (!(error instanceof CannotEvaluate) || error instanceof TooManySteps) throw error;
      scope.meter.spend(failureSteps);
      if (asBoolean(right(scope)) === decides) return decides;
      throw error;
    }
    return first === decides ? decides : asBoolean(right(scope));
  };
}

function compileBinary(
  op: BinaryOperator,
  leftNode: ASTNode,
  rightNode: ASTNode,
  locals: readonly string[],
): Compiled {
  const [left, right] = [compile(leftNode, locals), compile(rightNode, locals)];
  switch (op) {
    case "==":
    case "!=": {
      const isWanted = op === "==";
      if (isNull(leftNode) || isNull(rightNode)) {
        return (scope) => (left(scope) === right(scope)) === isWanted;
      }
      return (scope) => equal(left(scope), right(scope), scope.meter) === isWanted;
    }
    case "<":
      return (scope) => compare(left(scope), right(scope), scope.meter) < 0;
    case "<=":
      return (scope) => compare(left(scope), right(scope), scope.meter) <= 0;
    case ">":
      return (scope) => compare(left(scope), right(scope), scope.meter) > 0;
    case ">=":
      return (scope) => compare(left(scope), right(scope), scope.meter) >= 0;
    case "in":
      return (scope) => isIn(left(scope), right(scope), scope);
    default:
      return (scope) => arithmetic(op, left(scope), right(scope), scope.meter);
  }
}

function isIn(value: unknown, container: unknown, scope: Scope): boolean {
  if (Array.isArray(container)) {
    scope.meter.spend(container.length * 2);
    return container.some((item) => equal(value, item, scope.meter));
  }
  if (typeof container !== "object" || container === null || typeof value !== "string") {
    throw new CannotEvaluate(`nothing is in ${nameOf(container)}`);
  }
  return Object.hasOwn(container, value);
}

function isNull(node: ASTNode): boolean {
  return node.op === "value" && node.args === null;
}
