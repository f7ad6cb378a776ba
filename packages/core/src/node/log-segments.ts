import { existsSync, readdirSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { StorageFailed } from "../errors.ts";
import type { LogFile } from "./log-file.ts";

/** How many digits a segment's number has, so that names sort as their numbers do. */
const digits = 6;

/**
 * The files of a log that goes on in a new one when one is full.
 *
 * The one that is written has the log's own name, `receipts.jsonl`; the full ones, from the oldest on, are
 * `receipts.000001.jsonl`, `receipts.000002.jsonl` and so on, and never change again.
 */
export class LogSegments {
  readonly path: string;
  readonly #first: number;
  #last: number;

  /** Finds the full files beside `path`. @throws StorageFailed when one between two others is missing */
  constructor(path: string) {
    const found = findNumbers(path);
    this.path = path;
    this.#first = found[0] ?? 1;
    this.#last = found.at(-1) ?? 0;
    const missing = found.findIndex((number, index) => number !== this.#first + index);
    if (missing !== -1) {
      throw new StorageFailed(`${segmentPath(path, this.#first + missing)} is missing: put it back`);
    }
  }

  /** The number of the newest full file; 0 before there is one. */
  get last(): number {
    return this.#last;
  }

  /** The numbers of the full files, oldest first. */
  get numbers(): readonly number[] {
    return Array.from({ length: this.#last - this.#first + 1 }, (_, index) => this.#first + index);
  }

  /** Where the file with this number is now: the one after the last is the one that is written. */
  pathOf(number: number): string {
    return number <= this.#last ? segmentPath(this.path, number) : this.path;
  }

  /** Goes on in a new file. @throws whatever renaming and creating files throws; then nothing has changed */
  rotate(file: LogFile): void {
    const to = segmentPath(this.path, this.#last + 1);
    // Renaming would put it in the place of whatever is there.
    if (existsSync(to)) throw new StorageFailed(`${to} is there already`);
    file.rotateSync(to);
    this.#last += 1;
  }
}

function segmentPath(path: string, number: number): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${`${number}`.padStart(digits, "0")}${ext}`);
}

function findNumbers(path: string): readonly number[] {
  const { name, ext } = parse(path);
  const isNumber = new RegExp(`^\\d{${digits},15}$`);
  return readdirSync(dirname(path))
    .filter((file) => file.startsWith(`${name}.`) && file.endsWith(ext))
    .map((file) => file.slice(name.length + 1, file.length - ext.length))
    .filter((middle) => isNumber.test(middle) && `${Number(middle)}`.padStart(digits, "0") === middle)
    .map(Number)
    .sort((a, b) => a - b);
}
