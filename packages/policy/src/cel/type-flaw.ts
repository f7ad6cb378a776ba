import { type ASTNode, TypeError as CelTypeError, ParseError } from "@marcbachmann/cel-js";
import type { Flaw } from "./flaw.ts";

/** An error of the library in words that say what would be right. */
export function flawOf(error: unknown): Flaw {
  if (!(error instanceof ParseError || error instanceof CelTypeError)) throw error;
  const offset = error.range?.start ?? error.node?.start ?? 0;
  if (error instanceof ParseError) {
    return { offset, message: `this is no CEL expression: ${lowerFirst(error.summary)}` };
  }
  const node = error.node;
  if (error.code === "no_such_overload" && node !== undefined) {
    return {
      offset,
      message: `${bare(error.summary).replace(/^no such overload: /, "no value can be had of ")}${hintOf(node)}`,
    };
  }
  return { offset, message: lowerFirst(bare(error.summary)) };
}

/** What somebody who compares different types most likely means. */
function hintOf(node: ASTNode): string {
  const literal = literals(node).find((value) => typeof value === "string" || typeof value === "bigint");
  if (typeof literal === "string" && literal.trim() !== "" && Number.isFinite(Number(literal))) {
    return `; write the number without quotes: ${literal}`;
  }
  if (typeof literal === "bigint")
    return `; both sides must be of one type: write a text in quotes, as "${literal}"`;
  if (literals(node).includes(null)) return "; it is never null: has() tells whether it is there";
  return "; both sides must be of one type: int(), double() and string() convert";
}

function literals(node: ASTNode): readonly unknown[] {
  if (!Array.isArray(node.args)) return [];
  const parts = node.args as readonly (ASTNode | string)[];
  return parts.flatMap((part) => (typeof part === "object" && part.op === "value" ? [part.args] : []));
}

/** The library's names of our types end in "_", so that nobody can write them. */
function bare(text: string): string {
  return text.replaceAll(/\b(action|subject|run|time|budget)_/g, "$1");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
