import { type Awaitable, createGate, type Gate, memoryLog, type Receipt, type Stops } from "@tollgate/core";
import { agentName } from "@tollgate/core/driver";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import fc from "fast-check";
import { expect } from "vitest";

/** Where stops are kept: none at first, and the same whenever it is opened. */
export interface StopPlace {
  /** Opens what is kept here, as another process does, to be looked at within so many milliseconds. */
  open(options: { readonly withinMs: number }): Awaitable<Stops>;
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
  ];
  return [
    ...examples.map(([rule, example]) => ({ rule, check: using(example) })),
    {
      rule: "what any gate has stopped every gate denies, once what it knows is too old",
      check: () =>
        fc.assert(
          fc.asyncProperty(histories, (history) => usingStops(make, (opened) => play(opened, history))),
          { numRuns: options.runs ?? 100 },
        ),
    },
  ];
}

interface Opened {
  readonly clock: ManualClock;
  readonly gates: readonly StoppingGate[];
  open(within?: number): Promise<Stops>;
}

interface StoppingGate {
  readonly gate: Gate;
  readonly receipts: () => Promise<readonly Receipt[]>;
}

async function usingStops(
  make: () => Awaitable<StopPlace>,
  use: (opened: Opened) => Promise<void>,
): Promise<void> {
  const place = await make();
  const clock = manualClock();
  const all: Stops[] = [];
  const open = async (within = withinMs): Promise<Stops> => {
    const stops = await place.open({ withinMs: within });
    all.push(stops);
    return stops;
  };
  try {
    const gates = [
      makeGate(clock, await open()),
      makeGate(clock, await open()),
      makeGate(clock, await open()),
    ];
    await use({ clock, gates, open });
  } finally {
    for (const stops of all) await stops.close?.();
    await place.remove?.();
  }
}

function makeGate(clock: ManualClock, stops: Stops): StoppingGate {
  const log = memoryLog();
  return {
    gate: createGate({
      clock,
      log,
      stops,
      budgets: [{ id: "once", limit: "1 calls", per: "run", then: "stop" }],
    }),
    receipts: async () => {
      const read: Receipt[] = [];
      for await (const receipt of log.read()) read.push(receipt);
      return read;
    },
  };
}

async function codeAt({ gate }: StoppingGate, run: string, agent?: string): Promise<string> {
  const who = agent === undefined ? { id: run } : { id: run, agent };
  const decision = await gate.decide({ kind: "tool", name: "look" }, { run: gate.run(who) });
  await decision.permit?.release("only a look");
  return decision.code;
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
    expect(await codeAt(each, "another", "bot")).toBe("run_stopped");
    expect(await codeAt(each, "another", "good")).toBe("allowed");
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

type Operation =
  | { readonly do: "stop"; readonly gate: number; readonly run: number }
  | { readonly do: "stop agent"; readonly gate: number; readonly agent: number }
  | { readonly do: "look"; readonly gate: number; readonly run: number; readonly agent: number }
  | { readonly do: "wait"; readonly ms: number };

const nat2 = fc.nat(2);
const histories: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ do: fc.constant("stop" as const), gate: nat2, run: nat2 }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("stop agent" as const), gate: nat2, agent: nat2 }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("look" as const), gate: nat2, run: nat2, agent: nat2 }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(2 * withinMs) }) },
  ),
  { minLength: 1, maxLength: 20 },
);

async function play({ clock, gates }: Opened, history: readonly Operation[]): Promise<void> {
  /** When a name was stopped, and by which gate. */
  const stopped = new Map<string, { readonly at: number; readonly gate: number }>();
  for (const operation of history) {
    if (operation.do === "wait") {
      clock.advance(operation.ms);
      continue;
    }
    const at = gates[operation.gate];
    if (at === undefined) throw new RangeError(`there is no gate ${operation.gate}`);
    if (operation.do === "look") {
      const names = [`run-${operation.run}`, agentName(`bot-${operation.agent}`) ?? ""];
      const stops = names.flatMap((name) => stopped.get(name) ?? []);
      const code = await codeAt(at, `run-${operation.run}`, `bot-${operation.agent}`);
      const must = stops.some(({ at, gate }) => gate === operation.gate || at < clock.now() - withinMs);
      if (must) expect(code).toBe("run_stopped");
      if (stops.length === 0) expect(code).toBe("allowed");
      continue;
    }
    const target = operation.do === "stop" ? `run-${operation.run}` : { agent: `bot-${operation.agent}` };
    await at.gate.stop(target, "because");
    const name = typeof target === "string" ? target : (agentName(target.agent) ?? "");
    // Whoever finds it stopped already may not have known.
    stopped.set(name, stopped.get(name) ?? { at: clock.now(), gate: operation.gate });
  }
}
