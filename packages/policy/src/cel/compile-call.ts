import type { ASTNode } from "@marcbachmann/cel-js";
import { checked } from "./arithmetic.ts";
import { CannotEvaluate } from "./cannot-evaluate.ts";
import { nameOf } from "./compare.ts";
import type { Compile, Compiled } from "./compiled.ts";
import { dollarsOf } from "./dollars.ts";
import { isPartOf } from "./find-text.ts";
import { namesOf } from "./names-of.ts";
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
      return (scope) => sizeOf(arg(scope), scope.meter);
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
  if (name === "size") return (scope) => sizeOf(receiver(scope), scope.meter);
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
    if (name === "contains") return isPartOf(part, text, scope.meter);
    scope.meter.spend(1 + (part.length >> 4));
    return name === "startsWith" ? text.startsWith(part) : text.endsWith(part);
  };
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

function sizeOf(value: unknown, meter: Meter): bigint {
  if (typeof value === "string" || Array.isArray(value)) return BigInt(value.length);
  if (typeof value === "object" && value !== null) return BigInt(namesOf(value, meter).length);
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
  meter.spend(1 + (text.length >> 2));
  const [first, last, change] = isLower ? [65, 90, 32] : [97, 122, -32];
  const bytes = Buffer.from(text, "utf16le");
  for (let at = 0; at < bytes.length; at += 2) {
    const unit = bytes[at] as number;
    if (unit >= first && unit <= last && bytes[at + 1] === 0) bytes[at] = unit + change;
  }
  return bytes.toString("utf16le");
}
