import type { Place } from "./source.ts";

/** A place as line and column, counted from 1. */
export function problemPlace({ source, offset }: Place): { readonly line: number; readonly column: number } {
  const before = source.text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
