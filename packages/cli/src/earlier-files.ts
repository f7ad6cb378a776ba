import { readdirSync } from "node:fs";
import { basename, dirname, join, parse } from "node:path";

/** The earlier files of a log that a file is not the first of; null when there are none beside it. */
export function earlierFilesHint(file: string, names: readonly string[]): string | null {
  const earlier = segmentsOf(file).filter((path) => !names.includes(path));
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
