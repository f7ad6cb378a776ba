import type { ASTNode } from "@marcbachmann/cel-js";
import { checked } from "./arithmetic.ts";
import { CannotEvaluate } from "./cannot-evaluate.ts";
import { nameOf } from "./compare.ts";
import type { Compile, Compiled } from "./compiled.ts";
import { dollarsOf } from "./dollars.ts";
import { Pattern } from "./pattern.ts";
import type { Meter } from "./scope.ts";

/** Makes a call of a function such as `size(x)`. */
export function compileCall(
  compile: Compile,
  name: string,
  args: readonly ASTNode[],
  locals: readonly string[],
): Compiled {
  const node = args[0] as ASTNode;
  if (name === "has") return compileHas(compile, node, locals);
  if (name === "usd") {
    const amount = dollarsOf(String(node.args));
    return () => amount;
  }
  const arg = compile(node, locals);
  switch (name) {
    case "size":
      return (scope) => sizeOf(arg(scope));
    case "int":
      return (scope) => toWhole(arg(scope));
    case "double":
      return (scope) => toNumber(arg(scope));
    default:
      return (scope) => toText(arg(scope));
  }
}

/** Makes a call of a method such as `text.contains(part)`. */
export function compileMethod(
  compile: Compile,
  name: string,
  of: ASTNode,
  args: readonly ASTNode[],
  locals: readonly string[],
): Compiled {
  const receiver = compile(of, locals);
  if (name === "size") return (scope) => sizeOf(receiver(scope));
  if (name === "matches") {
    const pattern = new Pattern(String((args[0] as ASTNode).args));
    return (scope) => pattern.isIn(asText(receiver(scope), name), scope.meter);
  }
  const [first] = args;
  if (first === undefined) {
    const isLower = name === "lowerAscii";
    return (scope) => inCase(asText(receiver(scope), name), isLower, scope.meter);
  }
  const arg = compile(first, locals);
  return (scope) => {
    const text = asText(receiver(scope), name);
    const part = asText(arg(scope), name);
    scope.meter.spend(1 + (part.length >> 6) + (name === "contains" ? text.length >> 6 : 0));
    if (name === "contains") return contains(text, part, scope.meter);
    return name === "startsWith" ? text.startsWith(part) : text.endsWith(part);
  };
}

/** The search of engines can take the product of both lengths: long parts pay for that. */
function contains(text: string, part: string, meter: Meter): boolean {
  if (part.length > 16) meter.spend(text.length >> 3);
  return text.includes(part);
}

/** `has(a.b)`: whether the member is there; what it is a member of must be. */
function compileHas(compile: Compile, node: ASTNode, locals: readonly string[]): Compiled {
  if (node.op !== ".") throw new TypeError("has() takes a member, such as has(params.amount)");
  const [of, field] = node.args;
  if (of.op === "id" && of.args !== "params" && !locals.includes(of.args)) {
    const root = of.args as "action";
    return (scope) => scope[root][field] !== undefined;
  }
  const owner = compile(of, locals);
  return (scope) => {
    const value = owner(scope);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new CannotEvaluate(`${nameOf(value)} has no members`);
    }
    return Object.hasOwn(value, field);
  };
}

function sizeOf(value: unknown): bigint {
  if (typeof value === "string" || Array.isArray(value)) return BigInt(value.length);
  if (typeof value === "object" && value !== null) return BigInt(Object.keys(value).length);
  throw new CannotEvaluate(`${nameOf(value)} has no size`);
}

function toWhole(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isFinite(value)) return checked(BigInt(Math.trunc(value)));
  if (typeof value === "string" && /^-?\d{1,19}$/.test(value)) return checked(BigInt(value));
  throw new CannotEvaluate(`int() makes nothing of ${nameOf(value)}`);
}

function toNumber(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value === "string" && /^-?\d{1,30}(\.\d{1,30})?$/.test(value)) return Number(value);
  throw new CannotEvaluate(`double() makes nothing of ${nameOf(value)}`);
}

function toText(value: unknown): string {
  if (["string", "number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw new CannotEvaluate(`string() makes nothing of ${nameOf(value)}`);
}

function asText(value: unknown, method: string): string {
  if (typeof value === "string") return value;
  throw new CannotEvaluate(`${nameOf(value)} has no ${method}()`);
}

/** Letters beyond ASCII stay as they are. */
function inCase(text: string, isLower: boolean, meter: Meter): string {
  meter.spend(1 + (text.length >> 4));
  return isLower
    ? text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}
