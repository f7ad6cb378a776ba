import { type DecidedReceipt, printableText } from "@tollgate/core/export";
import type { Terminal } from "./terminal.ts";
import { cut, padded, wrapped } from "./text-width.ts";
import { timelineRow } from "./timeline-row.ts";

/** How a timeline is written. */
export interface TimelineStyle {
  readonly paint: Terminal["paint"];
  /** The columns that there are; lines are not broken or cut where it is infinite. */
  readonly width: number;
  /** How an instant is written, such as the time of day. */
  readonly time: (instant: string) => string;
  /** Whether it belongs to a child of the run. @default false */
  readonly nested?: boolean;
  /** What tells the lines of several runs apart, in a few characters. @default nothing: they are all of one */
  readonly label?: (decided: DecidedReceipt) => string;
}

const timeWidth = 13;
const seqWidth = 7;
const whatWidth = 30;
const outcomeWidth = 17;
const labelWidth = 9;
/** A reason of the gate has 1,024 characters at most; what claims to be one may have any number. */
const longestWhy = 2000;

/** The line of one receipt, and a line for each reason, each ended by a line feed. */
export function timelineText(
  decided: DecidedReceipt,
  { paint, width, time, label, nested }: TimelineStyle,
): string {
  const { body } = decided.receipt;
  const row = timelineRow(decided);
  const indent = " ".repeat(timeWidth + seqWidth + 2 + (label === undefined ? 0 : labelWidth));
  const what = printableText(nested === true ? `↳ ${row.what}` : row.what);
  const run =
    label === undefined
      ? ""
      : ` ${padded(cut(printableText(label(decided)), labelWidth - 1), labelWidth - 1)}`;
  const cells = [
    paint("dim", padded(time(body.time), timeWidth, "start")),
    paint("dim", padded(`#${body.seq}`, seqWidth, "start")),
    paint("cyan", run),
    ` ${padded(Number.isFinite(width) ? cut(what, whatWidth) : what, whatWidth)}`,
    ` ${paint(row.style, padded(row.outcome, outcomeWidth))}`,
    ` ${printableText(row.money)}`,
  ];
  const why = row.why === "" ? [] : wrapped(cut(printableText(row.why), longestWhy), width - indent.length);
  return [cells.join("").trimEnd(), ...why.map((line) => `${indent} ${paint("dim", line)}`), ""].join("\n");
}
