import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

const names = ["limit", "per", "timeZone", "by", "match", "then"];

it.each([
  ["limt", "limit"],
  ["LIMIT", "limit"],
  ["timezone", "timeZone"],
  ["time_zone", "timeZone"],
  ["mach", "match"],
  ["pre", null],
  ["budget", null],
  ["", null],
  ["limit".repeat(20), null],
])("takes %j for %j", (word, meant) => {
  expect(nearestName(word, names)).toBe(meant);
});
