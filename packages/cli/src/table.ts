import { printableText } from "@tollgate/core/export";
import type { Terminal } from "./terminal.ts";
import { cut, padded, widthOf } from "./text-width.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** @default end: the text is padded at its end */
  readonly pad?: "start" | "end";
  /** The cell's text, which may come from outside. */
  readonly text: (row: Row) => string;
}

/** Longer cells are cut, so that one of them cannot push all others off the screen. */
const widestCell = 64;

/** Writes rows in columns that are as wide as they need to be, under their titles. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Terminal["paint"],
): string {
  const cells = rows.map((row) => columns.map(({ text }) => cut(printableText(text(row)), widestCell)));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[index] ?? "")), title.length),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => padded(text, widths[index] ?? 0, columns[index]?.pad))
      .join("  ")
      .trimEnd();
  const head = paint("dim", line(columns.map(({ title }) => title)));
  return `${[head, ...cells.map(line)].join("\n")}\n`;
}
