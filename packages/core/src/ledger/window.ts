import type { WindowKind } from "./budget.ts";
import { firstWhere, type LocalDates, localDates } from "./local-dates.ts";

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
const dayMs = 24 * hourMs;

/** How the calendar's windows begin, and which date begins the next one; dates are midnights in UTC. */
const calendar: Readonly<
  Record<Exclude<TimedKind, "hour">, { first(date: number): number; next(first: number): number }>
> = {
  day: { first: (date) => date, next: (first) => first + dayMs },
  week: {
    first: (date) => date - ((new Date(date).getUTCDay() + 6) % 7) * dayMs,
    next: (first) => first + 7 * dayMs,
  },
  month: {
    first: (date) => new Date(date).setUTCDate(1),
    next: (first) => new Date(first).setUTCMonth(new Date(first).getUTCMonth() + 1),
  },
};

function spanAt(per: TimedKind, timeZone: string, now: number): Span {
  const local = localDates(timeZone);
  const [startsAt, endsAt] =
    per === "hour" ? hourAt(local, now) : calendarSpanAt(calendar[per], local, Math.floor(now));
  return { id: new Date(startsAt).toISOString().replace(".000Z", "Z"), startsAt, endsAt };
}

function calendarSpanAt(
  { first, next }: (typeof calendar)[keyof typeof calendar],
  { dateAt, beginningOf }: LocalDates,
  now: number,
): readonly [number, number] {
  let begun = first(dateAt(now));
  // Where the clock goes back over midnight, yesterday's date is shown again after today has begun.
  while (beginningOf(next(begun)) <= now) begun = next(begun);
  return [beginningOf(begun), beginningOf(next(begun))];
}

/** The stretch around `now` in which neither the local hour nor the offset from UTC changes. */
function hourAt({ offsetAt }: LocalDates, now: number): readonly [number, number] {
  const offset = offsetAt(now);
  const start = Math.floor((now + offset) / hourMs) * hourMs - offset;
  const end = start + hourMs;
  const isOurs = (at: number): boolean => offsetAt(at) === offset;
  return [
    isOurs(start) ? start : firstWhere(start, Math.floor(now), isOurs),
    isOurs(end - 1) ? end : firstWhere(Math.floor(now), end - 1, (at) => !isOurs(at)),
  ];
}
