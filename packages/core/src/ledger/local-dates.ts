/** The clock and the calendar of one time zone; a date is the instant of its midnight in UTC. */
export interface LocalDates {
  /** How far local time is ahead of UTC at an instant; all in milliseconds. */
  offsetAt(at: number): number;
  /** The date that the local calendar shows at an instant. */
  dateAt(at: number): number;
  /**
   * The instant at which a date first begins: not midnight where the clock skips it, and the first of two
   * where it is shown twice.
   */
  beginningOf(date: number): number;
}

const secondMs = 1000;
const dayMs = 86_400_000;

/**
 * Makes the calendar of a time zone from the platform's own data (`Intl`).
 *
 * @throws RangeError when the zone does not exist; its functions do for what is not a time.
 */
export function localDates(timeZone: string): LocalDates {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });

  function offsetAt(at: number): number {
    const shown: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(at)) shown[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    // What is shown ends at the second.
    return local - Math.floor(at / secondMs) * secondMs;
  }

  function beginningOf(date: number): number {
    // No zone is a day or more off UTC, so the clock's change near this midnight, if any, lies between these.
    const offsets = [offsetAt(date - dayMs), offsetAt(date + dayMs)];
    const midnights = offsets.map((offset) => date - offset).sort((a, b) => a - b);
    const shown = midnights.find((at) => at + offsetAt(at) === date);
    if (shown !== undefined) return shown;
    const [before = date, after = date] = midnights;
    return firstWhere(before, after, (at) => at + offsetAt(at) >= date);
  }

  return {
    offsetAt,
    dateAt: (at) => Math.floor((at + offsetAt(at)) / dayMs) * dayMs,
    beginningOf,
  };
}

/** The first millisecond after `before`, up to `last`, where `holds` begins to hold. */
export function firstWhere(before: number, last: number, holds: (at: number) => boolean): number {
  let low = before;
  let high = last;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
