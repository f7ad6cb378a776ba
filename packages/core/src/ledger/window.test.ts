import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowKind } from "./budget.ts";
import { createWindows, windowAt } from "./window.ts";

const hourMs = 3_600_000;
const iso = (at: number | null): string => new Date(at ?? Number.NaN).toISOString().replace(".000Z", "Z");
const at = (text: string): number => Date.parse(text);

/** The window as `start/end`, both in UTC. */
function span(per: WindowKind, zone: string, now: string): string {
  const { id, endsAt } = windowAt(per, zone, at(now), "r");
  return `${id}/${iso(endsAt)}`;
}

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

describe("windows", () => {
  it("names a run's window for the root run, without an end", () => {
    expect(windowAt("run", "UTC", 0, "abc")).toEqual({ id: "run:abc", endsAt: null });
  });

  it("has one window for all time", () => {
    expect(windowAt("total", "UTC", 0, "abc")).toEqual({ id: "total", endsAt: null });
  });

  it.each<[string, WindowKind, string, string, string]>([
    [
      "an hour in UTC",
      "hour",
      "UTC",
      "2026-11-20T05:59:59.999Z",
      "2026-11-20T05:00:00Z/2026-11-20T06:00:00Z",
    ],
    [
      "an hour where the zone is off by a quarter",
      "hour",
      "Asia/Kathmandu",
      "2026-11-20T05:14:59.999Z",
      "2026-11-20T04:15:00Z/2026-11-20T05:15:00Z",
    ],
    [
      "an hour where the zone is off by a half",
      "hour",
      "Asia/Kolkata",
      "2026-11-20T05:30:00Z",
      "2026-11-20T05:30:00Z/2026-11-20T06:30:00Z",
    ],
    [
      "the first of a repeated hour",
      "hour",
      "America/New_York",
      "2026-11-01T05:30:00Z",
      "2026-11-01T05:00:00Z/2026-11-01T06:00:00Z",
    ],
    [
      "the second of a repeated hour",
      "hour",
      "America/New_York",
      "2026-11-01T06:30:00Z",
      "2026-11-01T06:00:00Z/2026-11-01T07:00:00Z",
    ],
    [
      "the hour after a skipped one",
      "hour",
      "America/New_York",
      "2026-03-08T07:00:00Z",
      "2026-03-08T07:00:00Z/2026-03-08T08:00:00Z",
    ],
    [
      "an hour before half of it is repeated",
      "hour",
      "Australia/Lord_Howe",
      "2026-04-04T14:45:00Z",
      "2026-04-04T14:00:00Z/2026-04-04T15:00:00Z",
    ],
    [
      "the half of an hour that is repeated",
      "hour",
      "Australia/Lord_Howe",
      "2026-04-04T15:15:00Z",
      "2026-04-04T15:00:00Z/2026-04-04T15:30:00Z",
    ],
    [
      "the hour of which half is skipped",
      "hour",
      "Australia/Lord_Howe",
      "2026-10-03T15:45:00Z",
      "2026-10-03T15:30:00Z/2026-10-03T16:00:00Z",
    ],
    ["a day in UTC", "day", "UTC", "2026-11-20T23:59:59.999Z", "2026-11-20T00:00:00Z/2026-11-21T00:00:00Z"],
    [
      "a day in New York",
      "day",
      "America/New_York",
      "2026-11-20T05:00:00Z",
      "2026-11-20T05:00:00Z/2026-11-21T05:00:00Z",
    ],
    [
      "a day of 23 hours",
      "day",
      "Europe/Berlin",
      "2026-03-29T12:00:00Z",
      "2026-03-28T23:00:00Z/2026-03-29T22:00:00Z",
    ],
    [
      "a day of 25 hours",
      "day",
      "Europe/Berlin",
      "2026-10-25T12:00:00Z",
      "2026-10-24T22:00:00Z/2026-10-25T23:00:00Z",
    ],
    [
      "a day that begins at one (Havana)",
      "day",
      "America/Havana",
      "2026-03-08T12:00:00Z",
      "2026-03-08T05:00:00Z/2026-03-09T04:00:00Z",
    ],
    [
      "a day whose first hour is repeated (Havana)",
      "day",
      "America/Havana",
      "2026-11-01T05:30:00Z",
      "2026-11-01T04:00:00Z/2026-11-02T05:00:00Z",
    ],
    [
      "a day that begins at one (Beirut)",
      "day",
      "Asia/Beirut",
      "2026-03-29T12:00:00Z",
      "2026-03-28T22:00:00Z/2026-03-29T21:00:00Z",
    ],
    [
      "a day that begins at one (Cairo)",
      "day",
      "Africa/Cairo",
      "2026-04-24T12:00:00Z",
      "2026-04-23T22:00:00Z/2026-04-24T21:00:00Z",
    ],
    [
      "a day that began at one (São Paulo)",
      "day",
      "America/Sao_Paulo",
      "2018-11-04T12:00:00Z",
      "2018-11-04T03:00:00Z/2018-11-05T02:00:00Z",
    ],
    [
      "the evening shown twice after a day has begun (St. John's)",
      "day",
      "America/St_Johns",
      "2010-11-07T03:00:00Z",
      "2010-11-07T02:30:00Z/2010-11-08T03:30:00Z",
    ],
    [
      "the day before one that never was (Apia)",
      "day",
      "Pacific/Apia",
      "2011-12-30T09:59:59Z",
      "2011-12-29T10:00:00Z/2011-12-30T10:00:00Z",
    ],
    [
      "the day after one that never was (Apia)",
      "day",
      "Pacific/Apia",
      "2011-12-30T10:00:00Z",
      "2011-12-30T10:00:00Z/2011-12-31T10:00:00Z",
    ],
    ["a leap day", "day", "UTC", "2028-02-29T12:00:00Z", "2028-02-29T00:00:00Z/2028-03-01T00:00:00Z"],
    [
      "a week's last moment",
      "week",
      "UTC",
      "2026-11-22T23:59:59.999Z",
      "2026-11-16T00:00:00Z/2026-11-23T00:00:00Z",
    ],
    [
      "a week's first moment",
      "week",
      "UTC",
      "2026-11-23T00:00:00Z",
      "2026-11-23T00:00:00Z/2026-11-30T00:00:00Z",
    ],
    [
      "a week over a change of the clock",
      "week",
      "Europe/Berlin",
      "2026-10-25T12:00:00Z",
      "2026-10-18T22:00:00Z/2026-10-25T23:00:00Z",
    ],
    [
      "a week over the new year",
      "week",
      "UTC",
      "2027-01-01T00:00:00Z",
      "2026-12-28T00:00:00Z/2027-01-04T00:00:00Z",
    ],
    [
      "a month",
      "month",
      "America/New_York",
      "2026-11-30T12:00:00Z",
      "2026-11-01T04:00:00Z/2026-12-01T05:00:00Z",
    ],
    ["a February", "month", "UTC", "2026-02-28T12:00:00Z", "2026-02-01T00:00:00Z/2026-03-01T00:00:00Z"],
    [
      "a December",
      "month",
      "Asia/Tokyo",
      "2026-12-31T14:59:59Z",
      "2026-11-30T15:00:00Z/2026-12-31T15:00:00Z",
    ],
    [
      "an instant before 1970",
      "day",
      "UTC",
      "1969-12-31T23:59:59.999Z",
      "1969-12-31T00:00:00Z/1970-01-01T00:00:00Z",
    ],
  ])("knows %s", (_, per, zone, now, expected) => {
    expect(span(per, zone, now)).toBe(expected);
  });

  it("takes a fraction of a millisecond as part of it", () => {
    expect(windowAt("day", "UTC", at("2026-11-21") - 0.5, "r").id).toBe("2026-11-20T00:00:00Z");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s as a time", (now) => {
    expect(() => windowAt("day", "UTC", now, "r")).toThrow(RangeError);
    expect(() => createWindows()("day", "UTC", now, "r")).toThrow(RangeError);
  });

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
});

describe("remembered windows", () => {
  it("are the same as computed ones for times in any order", () => {
    const windows = createWindows();
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom<WindowKind>("run", "hour", "day", "week", "month", "total"),
        fc.constantFrom("UTC", "Europe/Berlin"),
        fc.integer({ min: at("2026-03-27"), max: at("2026-04-02") }),
      ),
    );
    fc.assert(
      fc.property(steps, (calls) => {
        for (const [per, zone, now] of calls) {
          expect(windows(per, zone, now, "r")).toMatchObject(windowAt(per, zone, now, "r"));
        }
      }),
    );
  });

  it("are left at their end, and when the clock is set back before their start", () => {
    const windows = createWindows();
    const ids = [
      "2026-11-20T12:00Z",
      "2026-11-20T23:59:59.999Z",
      "2026-11-21T00:00Z",
      "2026-11-20T12:00Z",
    ].map((now) => windows("day", "UTC", at(now), "r").id);
    expect(ids).toEqual([
      "2026-11-20T00:00:00Z",
      "2026-11-20T00:00:00Z",
      "2026-11-21T00:00:00Z",
      "2026-11-20T00:00:00Z",
    ]);
  });
});
