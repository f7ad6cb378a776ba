/** What conditions can be that cost as much as they can. */
export const hostileNames = [
  "nested_macros",
  "failing_parts",
  "matches_1_mb",
  "matches_ever_new",
  "contains_1_mb",
  "contains_short_1_mb",
  "lower_1_mb",
  "names_of_maps",
  "1000_rules",
] as const;

/** One of {@link hostileNames}. */
export type HostileName = (typeof hostileNames)[number];
