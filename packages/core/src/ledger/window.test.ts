import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowKind } from "./budget.ts";
import { createWindows, windowAt } from "./window.ts";

const iso = (at: number | null): string => new Date(at ?? Number.NaN).toISOString().replace(".000Z", "Z");
const at = (text: string): number => Date.parse(text);

/** Kind, zone, instant, start and end of its window (in UTC, without seconds), and what is special. */
const table = `
    hour | UTC | 2026-11-20T05:59:59.999Z | 2026-11-20T05:00Z | 2026-11-20T06:00Z | an hour in UTC
    hour | Asia/Kathmandu | 2026-11-20T05:14:59.999Z | 2026-11-20T04:15Z | 2026-11-20T05:15Z | an hour where the zone is off by a quarter
    hour | Asia/Kolkata | 2026-11-20T05:30Z | 2026-11-20T05:30Z | 2026-11-20T06:30Z | an hour where the zone is off by a half
    hour | America/New_York | 2026-11-01T05:30Z | 2026-11-01T05:00Z | 2026-11-01T06:00Z | the first of a repeated hour
    hour | America/New_York | 2026-11-01T06:30Z | 2026-11-01T06:00Z | 2026-11-01T07:00Z | the second of a repeated hour
    hour | America/New_York | 2026-03-08T07:00Z | 2026-03-08T07:00Z | 2026-03-08T08:00Z | the hour after a skipped one
    hour | Australia/Lord_Howe | 2026-04-04T14:45Z | 2026-04-04T14:00Z | 2026-04-04T15:00Z | an hour before half of it is repeated
    hour | Australia/Lord_Howe | 2026-04-04T15:15Z | 2026-04-04T15:00Z | 2026-04-04T15:30Z | the half of an hour that is repeated
    hour | Australia/Lord_Howe | 2026-10-03T15:45Z | 2026-10-03T15:30Z | 2026-10-03T16:00Z | the hour of which half is skipped
    day | UTC | 2026-11-20T23:59:59.999Z | 2026-11-20T00:00Z | 2026-11-21T00:00Z | a day in UTC
    day | America/New_York | 2026-11-20T05:00Z | 2026-11-20T05:00Z | 2026-11-21T05:00Z | a day in New York
    day | Europe/Berlin | 2026-03-29T12:00Z | 2026-03-28T23:00Z | 2026-03-29T22:00Z | a day of 23 hours
    day | Europe/Berlin | 2026-10-25T12:00Z | 2026-10-24T22:00Z | 2026-10-25T23:00Z | a day of 25 hours
    day | America/Havana | 2026-03-08T12:00Z | 2026-03-08T05:00Z | 2026-03-09T04:00Z | a day that begins at one (Havana)
    day | America/Havana | 2026-11-01T05:30Z | 2026-11-01T04:00Z | 2026-11-02T05:00Z | a day whose first hour is repeated (Havana)
    day | America/Toronto | 1919-03-31T12:00Z | 1919-03-31T04:30Z | 1919-04-01T04:00Z | a day that began at half past twelve, as the clock went on at half past eleven (Toronto)
    day | Asia/Beirut | 2026-03-29T12:00Z | 2026-03-28T22:00Z | 2026-03-29T21:00Z | a day that begins at one (Beirut)
    day | Africa/Cairo | 2026-04-24T12:00Z | 2026-04-23T22:00Z | 2026-04-24T21:00Z | a day that begins at one (Cairo)
    day | America/Sao_Paulo | 2018-11-04T12:00Z | 2018-11-04T03:00Z | 2018-11-05T02:00Z | a day that began at one (São Paulo)
    day | America/St_Johns | 2010-11-07T03:00Z | 2010-11-07T02:30Z | 2010-11-08T03:30Z | the evening shown twice after a day has begun (St. John's)
    day | Pacific/Apia | 2011-12-30T09:59:59Z | 2011-12-29T10:00Z | 2011-12-30T10:00Z | the day before one that never was (Apia)
    day | Pacific/Apia | 2011-12-30T10:00Z | 2011-12-30T10:00Z | 2011-12-31T10:00Z | the day after one that never was (Apia)
    day | UTC | 2028-02-29T12:00Z | 2028-02-29T00:00Z | 2028-03-01T00:00Z | a leap day
    week | UTC | 2026-11-22T23:59:59.999Z | 2026-11-16T00:00Z | 2026-11-23T00:00Z | a week's last moment
    week | UTC | 2026-11-23T00:00Z | 2026-11-23T00:00Z | 2026-11-30T00:00Z | a week's first moment
    week | Europe/Berlin | 2026-10-25T12:00Z | 2026-10-18T22:00Z | 2026-10-25T23:00Z | a week over a change of the clock
    week | UTC | 2027-01-01T00:00Z | 2026-12-28T00:00Z | 2027-01-04T00:00Z | a week over the new year
    month | America/New_York | 2026-11-30T12:00Z | 2026-11-01T04:00Z | 2026-12-01T05:00Z | a month
    month | UTC | 2026-02-28T12:00Z | 2026-02-01T00:00Z | 2026-03-01T00:00Z | a February
    month | Asia/Tokyo | 2026-12-31T14:59:59Z | 2026-11-30T15:00Z | 2026-12-31T15:00Z | a December
    day | UTC | 1969-12-31T23:59:59.999Z | 1969-12-31T00:00Z | 1970-01-01T00:00Z | an instant before 1970
    hour | America/St_Johns | 2010-11-07T02:30:30Z | 2010-11-07T02:30Z | 2010-11-07T02:31Z | an hour that the clock leaves after a minute (St. John's)
`
  .trim()
  .split("\n")
  .map((row) => {
    const [per, zone = "", now = "", startsAt = "", endsAt = "", what] = row
      .split("|")
      .map((cell) => cell.trim());
    return { per: per as WindowKind, zone, now, startsAt, endsAt, what };
  });

describe("windows", () => {
  it("names a run's window for the root run, without an end", () => {
    expect(windowAt("run", "UTC", 0, "abc")).toEqual({ id: "run:abc", endsAt: null });
  });

  it("has one window for all time", () => {
    expect(windowAt("total", "UTC", 0, "abc")).toEqual({ id: "total", endsAt: null });
  });

  it.each(table)("knows $what", ({ per, zone, now, startsAt, endsAt }) => {
    const window = windowAt(per, zone, at(now), "r");
    expect([window.id, iso(window.endsAt)]).toEqual([iso(at(startsAt)), iso(at(endsAt))]);
  });

  it("takes a fraction of a millisecond as part of it", () => {
    expect(windowAt("day", "UTC", at("2026-11-21") - 0.5, "r").id).toBe("2026-11-20T00:00:00Z");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s as a time", (now) => {
    expect(() => windowAt("day", "UTC", now, "r")).toThrow(RangeError);
    expect(() => createWindows()("day", "UTC", now, "r")).toThrow(RangeError);
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
