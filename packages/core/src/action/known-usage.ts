import type { Usage } from "./usage.ts";

/** Counts as a provider or framework tells them; what it does not tell is absent, null, undefined or NaN. */
export type ToldCounts = { readonly [Count in keyof Usage]: number | null | undefined };

/** The counts that were really told; undefined where none was. */
export function knownUsage(counts: ToldCounts): Usage | undefined {
  const told = Object.entries(counts).filter(
    ([, count]) => typeof count === "number" && !Number.isNaN(count),
  );
  return told.length === 0 ? undefined : Object.fromEntries(told);
}
