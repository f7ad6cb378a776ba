import { InvalidConfig } from "../errors.ts";
import { readList } from "./config-values.ts";

/** Finds the pattern that a name matches, or null when it matches none. */
export type NamePattern = (name: string) => string | null;

/**
 * Compiles patterns of names, such as `gpt-4o`, `send_*` or `*`.
 *
 * A pattern is the exact name, or a prefix followed by `*`; case counts. An exact pattern wins over a
 * prefix, and a longer prefix over a shorter one.
 *
 * @throws InvalidConfig naming `field` and the index, for what is not text, is empty, is there twice, or has
 * a `*` before its end.
 */
export function namePattern(patterns: readonly string[], field: string): NamePattern {
  readList(patterns, field, 'of names such as "send_*"');
  const exact = new Set<string>();
  const prefixes = new Map<string, string>();
  for (const [index, pattern] of patterns.entries()) {
    const prefix = checkPattern(pattern, `${field}[${index}]`);
    if (exact.has(pattern) || prefixes.has(pattern)) {
      throw new InvalidConfig(`${field}[${index}]`, `"${pattern}" is there twice`);
    }
    if (prefix === null) exact.add(pattern);
    else prefixes.set(pattern, prefix);
  }
  const longestFirst = [...prefixes].sort(([, a], [, b]) => b.length - a.length);
  return (name) => {
    if (exact.has(name)) return name;
    for (const [pattern, prefix] of longestFirst) if (name.startsWith(prefix)) return pattern;
    return null;
  };
}

/**
 * Checks one pattern: answers its prefix, or null when the pattern is an exact name.
 *
 * @throws InvalidConfig naming `field`.
 */
export function checkPattern(pattern: string, field: string): string | null {
  if (typeof pattern !== "string" || pattern === "") {
    throw new InvalidConfig(field, `expected a name, or the beginning of one and a "*"`);
  }
  const star = pattern.indexOf("*");
  if (star === -1) return null;
  if (star !== pattern.length - 1) {
    throw new InvalidConfig(field, `"${pattern}" has a "*" before its end; only a prefix can be matched`);
  }
  return pattern.slice(0, -1);
}
