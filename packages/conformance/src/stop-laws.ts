import type { Awaitable } from "@tollgate/core";
import { agentName, type SharedStops, type SharedStopsOptions } from "@tollgate/core/driver";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { playStops, stopHistories } from "./stop-history.ts";
import { codeAt, type StoppingGate, stoppingGate } from "./stopping-gate.ts";

/** Where stops are kept: none at first, and the same whenever it is opened. */
export interface StopPlace {
  /** Opens what is kept here, as another process does. */
  open(options: Required<SharedStopsOptions>): Awaitable<SharedStops>;
  /** Clears the place away; called once, after all that was opened here was closed. */
  remove?(): Awaitable<void>;
}

/** A rule that all stops in a store keep; `check` rejects with what broke it. */
export interface StopLaw {
  readonly rule: string;
  check(): Promise<void>;
}

/** How hard to try. */
export interface StopLawOptions {
  /** How many histories the law over histories is tried on. @default 100 */
  readonly runs?: number;
}

/** What the gates of the laws may not know of for so long. */
const withinMs = 100;

/**
 * The rules of core's `Stops` where several gates share them, as examples and over random histories.
 *
 * Register each with the test runner: `for (const { rule, check } of stopLaws(make)) it(rule, check)`.
 */
export function stopLaws(make: () => Awaitable<StopPlace>, options: StopLawOptions = {}): readonly StopLaw[] {
  const using = (use: (opened: Opened) => Promise<void>) => () => usingStops(make, use);
  const examples: readonly (readonly [string, (opened: Opened) => Promise<void>])[] = [
    ["the first reason stays, and of all who stop it at once one is the first", stopTogether],
    ["what was stopped before stays so for whoever opens the store later", openLater],
    ["a terminal deny stops the run for every gate", stopByRule],
    ["no stop is missed while others stop more", stopMany],
    ["a gate's clock that is ahead has no stop of another forgotten", stopAhead],
    ["a gate that looked just before a stop denies once it is acknowledged", acknowledge],
    ["a stop is lifted once, for all, and can be made again", liftTogether],
    ["what is stopped is listed, and what was lifted is not", listStops],
  ];
  return [
    ...examples.map(([rule, example]) => ({ rule, check: using(example) })),
    {
      rule: "what any gate has stopped every gate denies once that is acknowledged, until it is lifted",
      check: () =>
        fc.assert(
          fc.asyncProperty(stopHistories, (history) =>
            usingStops(make, ({ clock, gates }) => playStops(clock, gates, withinMs, history)),
          ),
          { numRuns: options.runs ?? 100 },
        ),
    },
  ];
}

interface Opened {
  readonly clock: ManualClock;
  readonly gates: readonly StoppingGate[];
  open(within?: number): Promise<SharedStops>;
}

async function usingStops(
  make: () => Awaitable<StopPlace>,
  use: (opened: Opened) => Promise<void>,
): Promise<void> {
  const place = await make();
  const clock = manualClock();
  const all: SharedStops[] = [];
  const open = async (within = withinMs): Promise<SharedStops> => {
    const stops = await place.open({ withinMs: within, pause: async (ms) => clock.advance(ms) });
    all.push(stops);
    return stops;
  };
  try {
    const gates = [
      stoppingGate(clock, await open()),
      stoppingGate(clock, await open()),
      stoppingGate(clock, await open()),
    ];
    await use({ clock, gates, open });
  } finally {
    for (const stops of all) await stops.close();
    await place.remove?.();
  }
}

async function stopAhead({ open }: Opened): Promise<void> {
  // The stores' own clock is the real one.
  const now = Date.now();
  const [first, ahead] = [await open(), await open()];
  await first.stop("run", "loops", now);
  await ahead.stop("other", "elsewhere", now + 30 * 24 * 60 * 60 * 1000);
  await first.refresh?.(now + withinMs + 1);
  const later = await open();
  await later.refresh?.(now);
  for (const stops of [first, later]) {
    expect(stops.reason("run")).toBe("loops");
    expect(stops.reason("other")).toBe("elsewhere");
  }
}

async function stopTogether({ clock, gates, open }: Opened): Promise<void> {
  await Promise.all([...gates, ...gates].map(({ gate }, nth) => gate.stop("run", `reason ${nth}`)));
  await Promise.all(gates.map(({ gate }) => gate.stop({ agent: "bot" }, "rogue")));
  clock.advance(withinMs + 1);
  for (const each of gates) {
    expect(await codeAt(each, "run")).toBe("run_stopped");
    expect(await codeAt(each, "another", { agent: "bot" })).toBe("run_stopped");
    expect(await codeAt(each, "another", { agent: "good" })).toBe("allowed");
  }
  const receipts = (await Promise.all(gates.map(({ receipts }) => receipts()))).flat();
  const stopped = receipts.flatMap(({ body }) => (body.type === "stop" ? [body] : []));
  expect(stopped.map(({ run, agent }) => run ?? agent).sort()).toEqual(["bot", "run"]);
  const later = await open();
  await later.refresh?.(clock.now());
  expect(later.reason("run")).toBe(stopped.find(({ run }) => run === "run")?.reason);
  expect(later.reason(agentName("bot"))).toBe("rogue");
}

async function openLater({ clock, gates, open }: Opened): Promise<void> {
  await gates[0]?.gate.stop("run", 'o"d\u{1f600}\ud800\u0000');
  const later = await open();
  await later.refresh?.(clock.now());
  expect(later.reason("run")).toBe('o"d\u{1f600}\ud800\u0000');
  expect(later.reason("agent run")).toBeNull();
  expect(await later.stop("run", "again", clock.now())).toBe(false);
}

async function stopByRule({ clock, gates }: Opened): Promise<void> {
  const [one, two] = gates;
  if (one === undefined || two === undefined) throw new RangeError("there are three gates");
  const run = one.gate.run({ id: "loop" });
  await (await one.gate.decide({ kind: "tool", name: "look" }, { run })).permit?.settle();
  expect(await one.gate.decide({ kind: "tool", name: "look" }, { run })).toMatchObject({
    code: "budget_exceeded",
    terminal: true,
  });
  clock.advance(withinMs + 1);
  expect(await codeAt(two, "loop")).toBe("run_stopped");
}

async function stopMany({ clock, gates, open }: Opened): Promise<void> {
  const watcher = await open(0);
  const names = Array.from({ length: 60 }, (_, nth) => `run-${nth}`);
  for (let nth = 0; nth < names.length; nth += 6) {
    const stopping = names
      .slice(nth, nth + 6)
      .map((name, at) => gates[at % gates.length]?.gate.stop(name, "loop"));
    // It looks between and beside them, so that its place in the store is always somebody's last stop.
    clock.advance(1);
    await watcher.refresh?.(clock.now());
    await Promise.all(stopping);
  }
  clock.advance(1);
  await watcher.refresh?.(clock.now());
  expect(names.filter((name) => watcher.reason(name) === null)).toEqual([]);
}

async function acknowledge({ gates }: Opened): Promise<void> {
  const [one, two] = gates;
  if (one === undefined || two === undefined) throw new RangeError("there are three gates");
  const targets = [
    { target: "one", run: "one", who: {} },
    { target: { agent: "bot", tenant: "acme" }, run: "two", who: { agent: "bot", tenant: "acme" } },
    { target: { agent: "bot" }, run: "three", who: { agent: "bot", tenant: "rival" } },
  ];
  for (const { target, run, who } of targets) {
    expect(await codeAt(two, run, who)).toBe("allowed");
    // The clock stands still but for what the acknowledgement waits.
    await one.gate.stop(target, "now");
    expect(await codeAt(two, run, who)).toBe("run_stopped");
  }
}

async function liftTogether({ clock, gates, open }: Opened): Promise<void> {
  const name = agentName("bot") ?? "";
  await gates[0]?.gate.stop({ agent: "bot" }, "rogue");
  await gates[0]?.gate.stop({ agent: "bot", tenant: "acme" }, "rogue there");
  for (const each of gates) expect(await codeAt(each, "run", { agent: "bot" })).toBe("run_stopped");
  const other = await open();
  await other.refresh?.(clock.now());
  expect(other.reason(name)).toBe("rogue");
  const lifts = await Promise.all(gates.map(({ stops }) => stops.lift(name, clock.now())));
  expect(lifts.filter((isLifted) => isLifted)).toHaveLength(1);
  await gates[1]?.stops.spread();
  await other.refresh?.(clock.now());
  expect(other.reason(name)).toBeNull();
  for (const each of gates) {
    expect(await codeAt(each, "run", { agent: "bot" })).toBe("allowed");
    expect(await codeAt(each, "run", { agent: "bot", tenant: "acme" })).toBe("run_stopped");
  }
  // A gate that has not heard of the lifting stops it anew.
  const late = await open();
  await late.refresh?.(clock.now());
  await gates[0]?.stops.stop(name, "again", clock.now());
  await late.refresh?.(clock.now() + withinMs + 1);
  await gates[0]?.stops.lift(name, clock.now());
  expect(await late.stop(name, "for the third time", clock.now())).toBe(true);
  await late.spread();
  for (const each of gates) expect(await codeAt(each, "run", { agent: "bot" })).toBe("run_stopped");
  expect(gates[2]?.stops.reason(name)).toBe("for the third time");
}

async function listStops({ clock, gates, open }: Opened): Promise<void> {
  const [one, two, three] = gates.map(({ stops }) => stops);
  await one?.stop("run", "loops", clock.now());
  await two?.stop(agentName("bot", "acme") ?? "", "rogue", clock.now());
  await three?.stop(agentName("bot") ?? "", "rogue", clock.now());
  await one?.lift(agentName("bot", "acme") ?? "", clock.now());
  expect(await (await open()).list()).toEqual([
    { name: "run", reason: "loops", at: clock.now() },
    { name: agentName("bot"), reason: "rogue", at: clock.now() },
  ]);
}
