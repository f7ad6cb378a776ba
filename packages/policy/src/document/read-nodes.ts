import { nearestName } from "@tollgate/core/policy";
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Source } from "./source.ts";

/** A member of a map: where it is named, and its value. */
export interface Member {
  readonly key: Scalar;
  readonly node: Node | null;
}

/** The members of a map by name. */
export type Members = ReadonlyMap<string, Member>;

/** Reads a map whose members are all known, or any where `known` is null; null when it is no map. */
export function readMap(
  source: Source,
  node: Node | null | undefined,
  what: string,
  known: readonly string[] | null,
): Members | null {
  if (!isMap(node)) {
    report(source, node, `${what} is a map${known === null ? "" : ` of ${known.join(", ")}`}`);
    return null;
  }
  const members = new Map<string, Member>();
  for (const { key, value } of node.items) {
    if (!isScalar(key) || typeof key.value !== "string" || key.value === "") {
      report(source, key as Node, `the names in ${what} are texts; put it in quotes`);
      continue;
    }
    if (known !== null && !known.includes(key.value)) {
      const meant = nearestName(key.value, known);
      const hint = meant === null ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
      report(source, key, `there is no "${key.value}" in ${what}; ${hint}`);
      continue;
    }
    members.set(key.value, { key, node: value as Node | null });
  }
  return members;
}

/** Reads a list; null when it is none. */
export function readItems(
  source: Source,
  node: Node | null | undefined,
  what: string,
): readonly Node[] | null {
  if (isSeq(node)) return node.items as Node[];
  report(source, node, `${what} is a list`);
  return null;
}

/** Reads a text of 1 to 1000 characters; null when it is none. */
export function readText(source: Source, node: Node | null | undefined, what: string): string | null {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "string" && value.trim() !== "" && value.length <= 1000 && value.isWellFormed()) {
    return value;
  }
  report(source, node, `${what} is a text${typeof value === "number" ? `; write "${value}" in quotes` : ""}`);
  return null;
}

/** Reads one of a closed set of words; null when it is none of them. */
export function readWord<Word extends string>(
  source: Source,
  node: Node | null | undefined,
  what: string,
  words: readonly Word[],
): Word | null {
  const value = isScalar(node) ? node.value : undefined;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const meant = typeof value === "string" ? nearestName(value, words) : null;
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  report(source, node, `${what} is one of ${words.join(", ")}${hint}`);
  return null;
}

/** Reads a whole number from `least` to `most`; null when it is none. */
export function readNumber(
  source: Source,
  node: Node | null | undefined,
  what: string,
  [least, most]: readonly [number, number],
): number | null {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  report(source, node, `${what} is a whole number from ${least} to ${most}`);
  return null;
}

/** A node as plain data. */
export function plainOf(node: Node | null): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String((key as Scalar).value), plainOf(value as Node | null)]),
    );
  }
  if (isSeq(node)) return node.items.map((item) => plainOf(item as Node));
  return isScalar(node) ? node.value : null;
}

/** Notes what is wrong with a node; for one that is not there, at the beginning of the file. */
export function report(source: Source, node: Node | null | undefined, message: string): void {
  source.report(source.place(node).offset, message);
}
