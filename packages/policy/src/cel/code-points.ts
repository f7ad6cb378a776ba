/** From the first to the last of some code points. */
export type Range = readonly [from: number, to: number];

/** What a piece of a pattern stands for: the code points in ranges, or all others. */
export interface CodePoints {
  /** In order, and apart from one another. */
  readonly ranges: readonly Range[];
  readonly isNegated: boolean;
}

/** The last code point. */
const last = 0x10ffff;

/** Puts ranges in order, and those that meet together. */
export function codePointsOf(ranges: readonly Range[], isNegated = false): CodePoints {
  const merged: [number, number][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else merged.push([from, to]);
  }
  return { ranges: merged, isNegated };
}

/** All others, as ranges. */
export function rangesBeside({ ranges }: CodePoints): readonly Range[] {
  const starts = [0, ...ranges.map(([, to]) => to + 1)];
  const ends = [...ranges.map(([from]) => from - 1), last];
  return starts.flatMap((from, index): Range[] => {
    const to = ends[index] as number;
    return from <= to ? [[from, to]] : [];
  });
}

/** Whether one of a character's forms is meant; where others are meant, whether none of them is in the ranges. */
export function isOneOf({ ranges, isNegated }: CodePoints, forms: readonly number[]): boolean {
  return forms.some((form) => isIn(ranges, form)) !== isNegated;
}

function isIn(ranges: readonly Range[], codePoint: number): boolean {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle] as Range;
    if (codePoint < from) high = middle - 1;
    else if (codePoint > to) low = middle + 1;
    else return true;
  }
  return false;
}
