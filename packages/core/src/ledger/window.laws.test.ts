import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import type { WindowKind } from "./budget.ts";
import { windowAt } from "./window.ts";

const hourMs = 3_600_000;
const iso = (at: number | null): string => new Date(at ?? Number.NaN).toISOString().replace(".000Z", "Z");
const at = (text: string): number => Date.parse(text);

const zones = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "America/Havana",
  "Asia/Beirut",
  "Africa/Cairo",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
];

describe("the laws of windows", () => {
  // Instants near a change of the clock are where windows go wrong, so half of them are picked there.
  const changes = [
    "2026-03-08T07:00Z",
    "2026-11-01T06:00Z",
    "2026-04-04T15:00Z",
    "2010-11-07T02:31Z",
    "2011-12-30T10:00Z",
  ];
  const instants = fc.oneof(
    fc.integer({ min: at("1990-01-01"), max: at("2037-12-31") }),
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * hourMs, max: 26 * hourMs }))
      .map(([change, shift]) => at(change) + shift),
  );
  const timed = fc.constantFrom<WindowKind>("hour", "day", "week", "month");

  it("holds every instant in exactly one window, and the next begins where it ends", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), timed, instants, (zone, per, now) => {
        const { id, endsAt } = windowAt(per, zone, now, "r");
        const startsAt = at(id);
        expect(startsAt).toBeLessThanOrEqual(now);
        expect(endsAt).toBeGreaterThan(now);
        expect(windowAt(per, zone, startsAt, "r").id).toBe(id);
        expect(windowAt(per, zone, (endsAt ?? 0) - 1, "r").id).toBe(id);
        expect(windowAt(per, zone, endsAt ?? 0, "r").id).toBe(iso(endsAt));
        expect(windowAt(per, zone, startsAt - 1, "r").endsAt).toBe(startsAt);
      }),
      { numRuns: 1000 },
    );
  });

  it("has days of 23 to 25 hours, and hours of at most one", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, now) => {
        const day = windowAt("day", zone, now, "r");
        expect(((day.endsAt ?? 0) - at(day.id)) / hourMs).toBeGreaterThanOrEqual(23);
        expect(((day.endsAt ?? 0) - at(day.id)) / hourMs).toBeLessThanOrEqual(25);
        const hour = windowAt("hour", zone, now, "r");
        expect((hour.endsAt ?? 0) - at(hour.id)).toBeLessThanOrEqual(hourMs);
      }),
      { numRuns: 1000 },
    );
  });

  it("begins days and weeks where the local date changes, as Intl tells it", () => {
    const formats = new Map(
      zones.map((zone) => [zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "full" })]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, now) => {
        const date = (time: number) => formats.get(zone)?.format(time);
        const day = at(windowAt("day", zone, now, "r").id);
        expect(date(day)).not.toBe(date(day - 1));
        const week = at(windowAt("week", zone, now, "r").id);
        expect(date(week)).toMatch(/^Monday/);
        expect(date(week)).not.toBe(date(week - 1));
        const month = at(windowAt("month", zone, now, "r").id);
        expect(date(month)).toMatch(/\b1 \w+ \d{4}$/);
        expect(date(month)).not.toBe(date(month - 1));
      }),
    );
  });

  it("begins and ends calendar windows where Temporal does", () => {
    const calendar = fc.constantFrom<"day" | "week" | "month">("day", "week", "month");
    fc.assert(
      fc.property(fc.constantFrom(...zones), calendar, instants, (zone, per, now) => {
        const { id, endsAt } = windowAt(per, zone, now, "r");
        expect([at(id), endsAt]).toEqual(temporalSpan(per, zone, now));
      }),
      { numRuns: 1000 },
    );
  });
});

/** The same window by another calendar than ours. */
function temporalSpan(per: "day" | "week" | "month", zone: string, now: number): readonly [number, number] {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  const date = local.toPlainDate();
  const first = {
    day: date,
    week: date.subtract({ days: date.dayOfWeek - 1 }),
    month: date.with({ day: 1 }),
  }[per];
  const begin = (index: number) => first.add({ [`${per}s`]: index }).toZonedDateTime(zone).epochMilliseconds;
  // The evening that is shown twice belongs to the window that has begun already.
  const index = begin(1) <= now ? 1 : 0;
  return [begin(index), begin(index + 1)];
}
