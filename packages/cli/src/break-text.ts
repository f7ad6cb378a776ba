import { readdirSync } from "node:fs";
import { basename, dirname, join, parse } from "node:path";
import type { Break } from "@tollgate/core/verify";
import { placeText, type ReceiptFiles } from "./receipt-files.ts";

/** Where receipts break and why, on one line; the message may quote texts from outside. */
export function breakText(
  { chain, seq, reason, message, index }: Break,
  files: Pick<ReceiptFiles, "placeOf">,
): string {
  if (reason === "empty") return `${reason}: ${message}`;
  const where = chain === null ? "" : `, chain ${chain}, sequence ${seq}`;
  return `${placeText(files.placeOf(index))}${where}: ${reason}: ${message}`;
}

/** What may be behind a break that is nobody's doing, in words for a person; null when nothing comes to mind. */
export function breakHint({ index, reason }: Break, files: ReceiptFiles): string | null {
  if (reason === "not_json" && index === files.readLines - 1 && files.endsOpen) {
    return "the last line is cut short, as by a crash: the log removes it when it is opened again";
  }
  const { file, line } = files.placeOf(index);
  if (line !== 1 || file === "-") return null;
  const earlier = segmentsOf(file).filter((path) => !files.names.includes(path));
  const [first] = earlier;
  return first === undefined
    ? null
    : `it is not the first file of its log: give ${first}${earlier.length === 1 ? "" : " and so on"} before it`;
}

/** The full files of a log that goes on in `path`: `receipts.000001.jsonl` beside `receipts.jsonl`. */
function segmentsOf(path: string): readonly string[] {
  const { name, ext } = parse(path);
  const folder = dirname(path);
  const isSegment = (file: string): boolean => file.startsWith(`${name}.`) && file.endsWith(ext);
  return readdirSync(folder)
    .filter(
      (file) => isSegment(file) && /^\d{6,15}$/.test(file.slice(name.length + 1, file.length - ext.length)),
    )
    .sort()
    .map((file) => (path === basename(path) ? file : join(folder, file)));
}
