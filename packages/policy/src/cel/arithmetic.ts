import { CannotEvaluate } from "./cannot-evaluate.ts";
import { nameOf } from "./compare.ts";
import type { Meter } from "./scope.ts";

const most = 2n ** 63n - 1n;

/**
 * Adds, subtracts, multiplies and divides; whole numbers are of 64 bits, and `+` puts texts and lists together.
 *
 * A number of the parameters is worth what it says: with a whole number it makes a number of floating point.
 *
 * @throws CannotEvaluate for other values, an overflow, and a division of whole numbers by 0.
 */
export function arithmetic(op: string, left: unknown, right: unknown, meter: Meter): unknown {
  if (typeof left === "bigint" && typeof right === "bigint") return checked(ofWhole(op, left, right));
  if (isNumber(left) && isNumber(right)) return finite(ofNumbers(op, Number(left), Number(right)));
  if (op === "+" && typeof left === "string" && typeof right === "string") {
    meter.spend(1 + ((left.length + right.length) >> 4));
    return left + right;
  }
  if (op === "+" && Array.isArray(left) && Array.isArray(right)) {
    meter.spend(left.length + right.length);
    return left.concat(right);
  }
  throw new CannotEvaluate(`${nameOf(left)} ${op} ${nameOf(right)} has no value`);
}

/** The number with its sign changed. @throws CannotEvaluate for what is no number. */
export function negated(value: unknown): number | bigint {
  if (typeof value === "bigint") return checked(-value);
  if (typeof value === "number") return -value;
  throw new CannotEvaluate(`${nameOf(value)} has no sign`);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function ofWhole(op: string, left: bigint, right: bigint): bigint {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      if (right === 0n) throw new CannotEvaluate("it divides by 0");
      return op === "/" ? left / right : left % right;
  }
}

function ofNumbers(op: string, left: number, right: number): number {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    default:
      return left % right;
  }
}

/** @throws CannotEvaluate for what 64 bits cannot hold. */
export function checked(value: bigint): bigint {
  if (value > most || value < -most - 1n) throw new CannotEvaluate("a whole number is beyond 64 bits");
  return value;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new CannotEvaluate("a number is beyond all bounds");
  return value;
}
