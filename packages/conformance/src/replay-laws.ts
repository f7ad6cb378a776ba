import type { Awaitable } from "@tollgate/core";
import type { ReplayStore } from "@tollgate/core/identity";
import fc from "fast-check";
import { expect } from "vitest";

/** Where tokens that were shown are remembered: none at first, and the same whenever it is opened. */
export interface ReplayPlace {
  /** Opens what is remembered here, as another process does. */
  open(): Awaitable<ReplayStore & { close?(): Awaitable<unknown> }>;
  /** How many tokens are remembered, for stores that forget by themselves what has expired. */
  count?(): Awaitable<number>;
  /** Clears the place away; called once, after all that was opened here was closed. */
  remove?(): Awaitable<void>;
}

/** A rule that all stores of tokens keep; `check` rejects with what broke it. */
export interface ReplayLaw {
  readonly rule: string;
  check(): Promise<void>;
}

/** How hard to try. */
export interface ReplayLawOptions {
  /** How many histories the law over histories is tried on. @default 100 */
  readonly runs?: number;
}

const dayMs = 86_400_000;

/**
 * The rules of core's `ReplayStore`, as examples and over random histories.
 *
 * Register each with the test runner: `for (const { rule, check } of replayLaws(make)) it(rule, check)`.
 */
export function replayLaws(
  make: () => Awaitable<ReplayPlace>,
  options: ReplayLawOptions = {},
): readonly ReplayLaw[] {
  const using = (use: (opened: Opened) => Promise<void>) => () => usingReplays(make, use);
  const examples: readonly (readonly [string, (opened: Opened) => Promise<void>])[] = [
    ["a token is taken once, and not again until it expires", takeOnce],
    ["of many who show one token at once, exactly one has it taken", takeTogether],
    ["tokens are told apart by every character of their ids, whatever text they are", tellApart],
    ["what was shown before is known to whoever opens the store later", openLater],
    ["a clock that is ahead has no token forgotten that others still take", showAhead],
    ["expired tokens are forgotten as others are shown", forgetExpired],
  ];
  return [
    ...examples.map(([rule, example]) => ({ rule, check: using(example) })),
    {
      rule: "of all who show a token that has not expired, in whatever order, the first alone has it taken",
      check: () =>
        fc.assert(
          fc.asyncProperty(histories, (history) => usingReplays(make, (opened) => play(opened, history))),
          { numRuns: options.runs ?? 100 },
        ),
    },
  ];
}

interface Opened {
  /** A time by the real clock, which is the stores' own; expiries of the laws are days away from it. */
  readonly now: number;
  readonly stores: readonly ReplayStore[];
  readonly place: ReplayPlace;
  open(): Promise<ReplayStore>;
}

async function usingReplays(
  make: () => Awaitable<ReplayPlace>,
  use: (opened: Opened) => Promise<void>,
): Promise<void> {
  const place = await make();
  const all: Awaited<ReturnType<ReplayPlace["open"]>>[] = [];
  const open = async () => {
    const store = await place.open();
    all.push(store);
    return store;
  };
  try {
    await use({ now: Date.now(), stores: [await open(), await open(), await open()], place, open });
  } finally {
    for (const store of all) await store.close?.();
    await place.remove?.();
  }
}

/** How many of these have had a token taken. */
async function taken(uses: readonly Awaitable<boolean>[]): Promise<number> {
  const answers = await Promise.all(uses);
  for (const answer of answers) expect(answer).toBeTypeOf("boolean");
  return answers.filter(Boolean).length;
}

async function takeOnce({ now, stores: [a, b] }: Opened): Promise<void> {
  const until = now + dayMs;
  expect(await a?.use("t-1", until, now)).toBe(true);
  expect(await a?.use("t-1", until, now)).toBe(false);
  expect(await b?.use("t-1", until, now + 1)).toBe(false);
  expect(await b?.use("t-1", until, until - 1)).toBe(false);
  // Whoever shows it may say that it is good for longer, and gains nothing.
  expect(await b?.use("t-1", until + dayMs, now)).toBe(false);
  expect(await b?.use("t-2", until, now)).toBe(true);
}

async function takeTogether({ now, stores }: Opened): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const all = [...stores, ...stores, ...stores, ...stores];
    expect(await taken(all.map((store) => store.use(`t-${round}`, now + dayMs, now)))).toBe(1);
  }
}

async function tellApart({ now, stores: [store] }: Opened): Promise<void> {
  const long = "x".repeat(10_000);
  const ids = [
    "",
    " ",
    "a",
    "A",
    "a ",
    "á",
    "a\u0301",
    "a\u0000",
    "a\u0000b",
    "\ud800",
    "\udfff",
    '"a"',
    "'",
    "%",
  ];
  for (const id of [...ids, long, `${long}y`]) {
    expect([id, await store?.use(id, now + dayMs, now)]).toEqual([id, true]);
    expect([id, await store?.use(id, now + dayMs, now)]).toEqual([id, false]);
  }
}

async function openLater({ now, stores: [store], open }: Opened): Promise<void> {
  await store?.use("t-1", now + dayMs, now);
  expect(await (await open()).use("t-1", now + dayMs, now)).toBe(false);
}

async function showAhead({ now, stores: [a, ahead, c] }: Opened): Promise<void> {
  await a?.use("t-1", now + dayMs, now);
  for (let nth = 0; nth < 5; nth++) await ahead?.use(`ahead-${nth}`, now + 400 * dayMs, now + 300 * dayMs);
  expect(await c?.use("t-1", now + dayMs, now)).toBe(false);
  expect(await a?.use("t-1", now + dayMs, now)).toBe(false);
}

async function forgetExpired({ now, stores: [store], place }: Opened): Promise<void> {
  if (place.count === undefined) return;
  const many = 300;
  const old = Array.from({ length: many }, (_, nth) => `old-${nth}`);
  await Promise.all(old.map((id) => store?.use(id, now - 2 * dayMs, now - 3 * dayMs)));
  expect(await place.count()).toBe(many);
  for (let nth = 0; nth < many; nth++) await store?.use(`new-${nth}`, now + dayMs, now);
  expect(await place.count()).toBe(many);
  for (let nth = 0; nth < 10; nth++) expect(await store?.use(`new-${nth}`, now + dayMs, now)).toBe(false);
}

/** Somebody shows a token: which, where, and how far their clock is ahead. */
interface Step {
  readonly token: number;
  readonly store: number;
  readonly aheadMs: number;
  /** Whether they do not wait for those before them. */
  readonly atOnce: boolean;
}

const histories = fc.array(
  fc.record<Step>({
    token: fc.nat(4),
    store: fc.nat(2),
    aheadMs: fc.constantFrom(0, 0, 1000, -1000),
    atOnce: fc.boolean(),
  }),
  { maxLength: 30 },
);

async function play({ now, stores }: Opened, history: readonly Step[]): Promise<void> {
  const uses = new Map<number, Awaitable<boolean>[]>();
  for (const { token, store, aheadMs, atOnce } of history) {
    const use = stores[store]?.use(`token-${token}`, now + (1 + token) * dayMs, now + aheadMs) ?? false;
    const before = uses.get(token) ?? [];
    uses.set(token, [...before, use]);
    if (atOnce) continue;
    // Whoever comes later is refused.
    expect(await Promise.all([...before, use]).then((answers) => answers.filter(Boolean))).toEqual([true]);
  }
  for (const all of uses.values()) expect(await taken(all)).toBe(1);
}
