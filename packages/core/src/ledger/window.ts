import { fromEpochMilliseconds, toZonedDateTimeISO } from "temporal-polyfill/fns/Instant";
import {
  addDays,
  addMonths,
  addWeeks,
  offsetNanoseconds,
  startOfDay,
  startOfMonth,
  startOfWeek,
  type Record as Zoned,
} from "temporal-polyfill/fns/ZonedDateTime";
import type { WindowKind } from "./budget.ts";

/** The stretch of time, or the run, that one balance is for. */
export interface Window {
  /** Its start as an ISO instant in UTC, such as `2026-11-20T05:00:00Z`; or `run:<id>`, or `total`. */
  readonly id: string;
  /** When it ends in epoch milliseconds (that instant is outside); null when it does not end. */
  readonly endsAt: number | null;
}

/** A window that begins and ends. */
interface Span extends Window {
  readonly startsAt: number;
  readonly endsAt: number;
}

/** Windows that follow the clock. */
type TimedKind = Exclude<WindowKind, "run" | "total">;

/**
 * The window that holds the instant `now` (epoch milliseconds).
 *
 * Days, weeks (from Monday) and months start where the local date first begins, which is not always
 * midnight, and last until the next one starts: days of 23 or 25 hours are as long as they are. Hours are
 * those of the local clock; an hour that is repeated in autumn is two windows, and one that the clock
 * enters or leaves half way is as short as it is.
 *
 * @throws RangeError when `now` is not a time or the zone does not exist.
 */
export function windowAt(per: WindowKind, timeZone: string, now: number, rootRun: string): Window {
  if (per === "run") return { id: `run:${rootRun}`, endsAt: null };
  if (per === "total") return total;
  const { id, endsAt } = spanAt(per, timeZone, now);
  return { id, endsAt };
}

/** {@link windowAt} that remembers the current window of each kind and zone. */
export type Windows = typeof windowAt;

/** Makes a {@link Windows}: as right as {@link windowAt} for any order of times, and fast for a steady one. */
export function createWindows(): Windows {
  const zones = new Map<string, Map<TimedKind, Span>>();
  return (per, timeZone, now, rootRun) => {
    if (per === "run" || per === "total") return windowAt(per, timeZone, now, rootRun);
    let spans = zones.get(timeZone);
    if (spans === undefined) {
      spans = new Map();
      zones.set(timeZone, spans);
    }
    let span = spans.get(per);
    // A clock that was set back leaves the remembered window by its start.
    if (span === undefined || now < span.startsAt || !(now < span.endsAt)) {
      span = spanAt(per, timeZone, now);
      spans.set(per, span);
    }
    return span;
  };
}

const total: Window = Object.freeze({ id: "total", endsAt: null });
const hourMs = 3_600_000;

/** How the calendar's windows begin, and how to get into the next one from a beginning. */
const calendar: Readonly<
  Record<Exclude<TimedKind, "hour">, { begin(at: Zoned): Zoned; step(from: Zoned, count: number): Zoned }>
> = {
  // Weekday and first of the month are taken on dates, where the local day really begins.
  day: { begin: startOfDay, step: addDays },
  week: { begin: startOfWeek, step: addWeeks },
  month: { begin: startOfMonth, step: addMonths },
};

function spanAt(per: TimedKind, timeZone: string, now: number): Span {
  const [startsAt, endsAt] =
    per === "hour" ? hourAt(timeZone, now) : calendarSpanAt(calendar[per], timeZone, now);
  return { id: new Date(startsAt).toISOString().replace(".000Z", "Z"), startsAt, endsAt };
}

function calendarSpanAt(
  { begin, step }: (typeof calendar)[keyof typeof calendar],
  timeZone: string,
  now: number,
): readonly [number, number] {
  let start = begin(zoned(now, timeZone));
  let end = begin(step(start, 1));
  // Where the clock goes back over midnight, yesterday's date is shown again after today has begun.
  while (end.epochMilliseconds <= now) {
    start = end;
    end = begin(step(start, 1));
  }
  return [start.epochMilliseconds, end.epochMilliseconds];
}

/** The stretch around `now` in which neither the local hour nor the offset from UTC changes. */
function hourAt(timeZone: string, now: number): readonly [number, number] {
  const offset = offsetAt(now, timeZone);
  const start = Math.floor((now + offset) / hourMs) * hourMs - offset;
  const end = start + hourMs;
  const isOurs = (at: number): boolean => offsetAt(at, timeZone) === offset;
  return [
    isOurs(start) ? start : firstWhere(start, Math.floor(now), isOurs),
    isOurs(end - 1) ? end : firstWhere(Math.floor(now), end - 1, (at) => !isOurs(at)),
  ];
}

/** The first millisecond after `before`, up to `last`, where `holds` begins to hold. */
function firstWhere(before: number, last: number, holds: (at: number) => boolean): number {
  let low = before;
  let high = last;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function zoned(at: number, timeZone: string): Zoned {
  return toZonedDateTimeISO(fromEpochMilliseconds(Math.floor(at)), timeZone);
}

function offsetAt(at: number, timeZone: string): number {
  return offsetNanoseconds(zoned(at, timeZone)) / 1_000_000;
}
