import { isScalar, type Node } from "yaml";
import { report } from "./read-nodes.ts";
import type { Source } from "./source.ts";

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a duration such as `30m` as milliseconds: seconds to days, at most 24 days; null when it is none. */
export function readDuration(source: Source, node: Node | null, what: string): number | null {
  const found = isScalar(node) ? /^(\d{1,6})([smhd])$/.exec(String(node.value)) : null;
  const ms = found === null ? 0 : Number(found[1]) * (units[found[2] ?? ""] ?? 0);
  // Timers take no longer delays.
  if (ms > 0 && ms <= 24 * 86_400_000) return ms;
  report(source, node, `${what} is a time such as 90s, 30m, 4h or 7d, at most 24d`);
  return null;
}
