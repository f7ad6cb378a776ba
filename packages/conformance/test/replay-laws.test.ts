import type { ReplayStore } from "@tollgate/core/identity";
import { memoryReplays } from "@tollgate/identity";
import { describe, expect, it } from "vitest";
import { type ReplayPlace, replayLaws } from "../src/replay-laws.ts";

describe("tokens in memory", () => {
  const make = (): ReplayPlace => {
    const store = memoryReplays();
    return { open: () => store };
  };
  for (const { rule, check } of replayLaws(make)) it(rule, check);
});

/** A table of tokens, whose look-ups take a turn as those of a database do. */
interface Table {
  readonly rows: Map<string, number>;
  insert(id: string, expiresAt: number): boolean;
}

type Use = (table: Table, ...shown: Parameters<ReplayStore["use"]>) => Promise<boolean>;

function placeOf(use: Use, isShared = true): () => ReplayPlace {
  return () => {
    const tableOf = (): Table => {
      const rows = new Map<string, number>();
      return {
        rows,
        insert: (id, expiresAt) => !rows.has(id) && rows.set(id, expiresAt).has(id),
      };
    };
    const shared = tableOf();
    return {
      open: () => {
        const table = isShared ? shared : tableOf();
        return { use: (...shown) => use(table, ...shown) };
      },
      count: () => shared.rows.size,
    };
  };
}

const hourMs = 3_600_000;

/** Forgets what has expired, and takes what is new, as it should be. */
const right: Use = async ({ rows, insert }, id, expiresAt, now) => {
  await null;
  for (const [each, at] of rows) if (at <= Math.min(now, Date.now()) - hourMs) rows.delete(each);
  return insert(id, expiresAt);
};

const faults: readonly (readonly [what: string, noticed: RegExp, make: () => ReplayPlace])[] = [
  [
    "looks first and then takes note",
    /many who show one token at once/,
    placeOf(async (table, id, until) => {
      const isNew = !table.rows.has(id);
      await null;
      table.insert(id, until);
      return isNew;
    }),
  ],
  ["remembers in each process alone", /whoever opens the store later/, placeOf(right, false)],
  ["takes all", /taken once/, placeOf(async () => true)],
  ["takes none", /taken once/, placeOf(async () => false)],
  [
    "goes by the clock of whoever asks",
    /clock that is ahead/,
    placeOf(async ({ rows, insert }, id, until, now) => {
      for (const [each, at] of rows) if (at <= now) rows.delete(each);
      return insert(id, until);
    }),
  ],
  [
    "forgets nothing",
    /expired tokens are forgotten/,
    placeOf(async ({ insert }, id, until) => insert(id, until)),
  ],
  [
    "knows only how an id begins",
    /every character/,
    placeOf((table, id, ...more) => right(table, id.slice(0, 1000), ...more)),
  ],
  [
    "does not tell case",
    /every character/,
    placeOf((table, id, ...more) => right(table, id.toLowerCase(), ...more)),
  ],
];

describe("the laws of tokens", () => {
  for (const { rule, check } of replayLaws(placeOf(right))) it(`let through a right store: ${rule}`, check);

  it.each(faults)("notice one that %s", async (_what, noticed, make) => {
    const [law] = replayLaws(make).filter(({ rule }) => noticed.test(rule));
    await expect(law?.check()).rejects.toThrow();
  });

  it.each(faults.slice(0, 3))("notice one that %s over histories, too", async (_what, _noticed, make) => {
    const law = replayLaws(make, { runs: 1000 }).at(-1);
    await expect(law?.check()).rejects.toThrow();
  });
});
