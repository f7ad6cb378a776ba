import type { Machine } from "./machine.ts";
import type { Result } from "./samples.ts";
import { type Ratio, targetText } from "./targets.ts";

/** Everything that was measured in one run. */
export interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
  readonly ratios: readonly Ratio[];
}

/** Writes a report for people. */
export function toText({ machine, results, ratios }: Report): string {
  const { cpu, cores, memoryGb, load, platform, node, date } = machine;
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, load ${load}; ${platform}, Node ${node}; ${date}`,
    "",
    table(
      ["", "p50 us", "p99 us", "ops/s"],
      results.map(({ name, p50Us, p99Us, opsPerSecond }) => [
        name,
        p50Us.toFixed(1),
        p99Us.toFixed(1),
        Math.round(opsPerSecond).toString(),
      ]),
    ),
    "",
    table(
      ["", "value", "target", ""],
      ratios.map(({ name, value, target, ok }) => [
        name,
        value.toFixed(2),
        targetText(name, target),
        ok ? "ok" : "MISS",
      ]),
    ),
  ].join("\n");
}

/** Writes a report as one JSON object, figures rounded to a thousandth. */
export function toJson(report: Report): string {
  return JSON.stringify(
    report,
    (_, value: unknown) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value),
    2,
  );
}

/** Columns as wide as they need to be, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
