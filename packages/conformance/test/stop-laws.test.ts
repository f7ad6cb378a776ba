import {
  type SharedStopsOptions,
  type Stop,
  type StopChange,
  type StopStore,
  sharedStops,
} from "@tollgate/core/driver";
import { describe, expect, it } from "vitest";
import { stopLaws } from "../src/stop-laws.ts";

/** Stops kept in memory, as a table with positions keeps them. */
function memoryStore(): StopStore & { readonly rows: (StopChange | null)[] } {
  /** By position: what was changed again stands there no more. */
  const rows: (StopChange | null)[] = [];
  const change = (next: StopChange): boolean => {
    const nth = rows.findIndex((row) => row?.name === next.name);
    if ((rows[nth]?.reason ?? null) === null ? next.reason === null : next.reason !== null) return false;
    if (nth !== -1) rows[nth] = null;
    rows.push(next);
    return true;
  };
  return {
    rows,
    async add(stop) {
      await null;
      return change(stop);
    },
    async lift(name, at) {
      await null;
      return change({ name, reason: null, at });
    },
    async since(cursor) {
      await null;
      const stops = rows.slice(Number(cursor ?? 0)).flatMap((row) => row ?? []);
      return { stops, cursor: String(rows.length) };
    },
  };
}

function placeOf(change: (right: ReturnType<typeof memoryStore>) => Partial<StopStore>) {
  return () => {
    const right = memoryStore();
    return {
      open: (options: SharedStopsOptions) => sharedStops({ ...right, ...change(right) }, options),
    };
  };
}

describe("stops in memory", () => {
  for (const { rule, check } of stopLaws(
    placeOf(() => ({})),
    { runs: 300 },
  ))
    it(rule, check);
});

const turn = () => new Promise((go) => setTimeout(go, 0));

interface Fault {
  readonly noticed: RegExp;
  readonly change: (right: ReturnType<typeof memoryStore>) => Partial<StopStore>;
}

const faults: Readonly<Record<string, Fault>> = {
  "keeps nothing": {
    noticed: /every gate denies|opens the store later|stops the run|is missed/,
    change: () => ({ add: () => true }),
  },
  "lets everybody be the first": {
    noticed: /the first reason stays/,
    change: (right) => ({
      async add(stop) {
        await right.add(stop);
        return true;
      },
    }),
  },
  "overwrites the reason": {
    noticed: /the first reason stays/,
    change: ({ rows }) => ({
      add(stop): boolean {
        const nth = rows.findIndex((row) => row?.name === stop.name);
        if (nth === -1) rows.push(stop);
        else rows[nth] = stop;
        return nth === -1;
      },
    }),
  },
  "tells nobody of what is lifted": {
    noticed: /lifted once/,
    change: (right) => ({
      async since(cursor) {
        const { stops, ...rest } = await right.since(cursor);
        return { ...rest, stops: stops.filter(({ reason }) => reason !== null) };
      },
    }),
  },
  "lifts what is not stopped": {
    noticed: /lifted once/,
    change: (right) => ({
      async lift(name, at) {
        await right.lift(name, at);
        return true;
      },
    }),
  },
  "takes no stop again that was lifted": {
    noticed: /lifted once/,
    change: (right) => ({
      add: async (stop) => !right.rows.some((row) => row?.name === stop.name) && right.add(stop),
    }),
  },
  "numbers stops before others can see them": {
    noticed: /is missed/,
    change: ({ rows }) => {
      let last = 0;
      const seen: { readonly stop: Stop; readonly position: number }[] = [];
      return {
        async add(stop) {
          const position = ++last;
          // Every other commit takes its time.
          if (position % 2 === 1) await turn();
          seen.push({ stop, position });
          rows.push(stop);
          return true;
        },
        since(cursor): Awaited<ReturnType<StopStore["since"]>> {
          const newer = seen.filter(({ position }) => position > Number(cursor ?? 0));
          const end = Math.max(Number(cursor ?? 0), ...newer.map(({ position }) => position));
          return { stops: newer.map(({ stop }) => stop), cursor: String(end) };
        },
      };
    },
  },
};

describe("the laws of stops", () => {
  // A history meets the rarest of these faults about once in 34: 300 histories miss it once in 7,000 times, 2,000
  // cannot. A noticed fault ends its law at once, so the number costs nothing.
  const runs = 2000;

  it.each(Object.entries(faults))("notice a store that %s", async (_, { noticed, change }) => {
    const laws = stopLaws(placeOf(change), { runs }).filter(({ rule }) => noticed.test(rule));
    expect(laws.length).toBe(noticed.source.split("|").length);
    for (const { check } of laws) await expect(check()).rejects.toThrow();
  });

  it("notice a gate that looks too seldom", async () => {
    const make = () => {
      const right = memoryStore();
      return {
        open: ({ withinMs, pause }: Required<SharedStopsOptions>) =>
          sharedStops(right, { withinMs: withinMs * 10, pause: (ms) => pause(ms - withinMs * 9) }),
      };
    };
    const laws = stopLaws(make, { runs }).filter(({ rule }) => /every gate denies/.test(rule));
    for (const { check } of laws) await expect(check()).rejects.toThrow();
    expect(laws).toHaveLength(1);
  });

  it("notice a stop that is acknowledged too early", async () => {
    const make = () => {
      const right = memoryStore();
      // A look beside a decision is too late for it.
      const slowly = async (cursor: string | null) => {
        await turn();
        return right.since(cursor);
      };
      return {
        open: ({ withinMs, pause }: Required<SharedStopsOptions>) =>
          sharedStops({ ...right, since: slowly }, { withinMs, pause: (ms) => pause(ms - 2) }),
      };
    };
    const laws = stopLaws(make, { runs }).filter(({ rule }) => /looked just before/.test(rule));
    for (const { check } of laws) await expect(check()).rejects.toThrow();
    expect(laws).toHaveLength(1);
  });
});
