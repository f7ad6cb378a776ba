import { memoryLog, type ReceiptLog, type SealedReceipt } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { logLaws } from "../src/log-laws.ts";

/** A log that is right but for the methods given. */
function broken(right: ReceiptLog, wrong: Partial<ReceiptLog>): ReceiptLog {
  return {
    append: (entry) => right.append(entry),
    read: (query) => right.read(query),
    head: (chain) => right.head(chain),
    heads: () => right.heads?.() ?? [],
    ...wrong,
  };
}

/** A place whose log is opened as `open` says, over one log in memory. */
function place(open: (right: ReceiptLog) => ReceiptLog) {
  const right = memoryLog({ maxReceipts: 100_000 });
  const log = open(right);
  return { open: () => log };
}

/** What goes wrong in logs, and the laws that must notice, all of them. */
const faults: Readonly<
  Record<string, { readonly make: () => { open(): ReceiptLog }; readonly noticed: RegExp }>
> = {
  "answers before it has the receipt": {
    noticed: /there in full once append has answered/,
    make: () =>
      place((right) => {
        let last: SealedReceipt | null = null;
        return broken(right, {
          async append(entry) {
            if (last !== null) await right.append(last);
            last = entry;
          },
        });
      }),
  },
  "forgets when it is closed": {
    noticed: /opened again/,
    make: () => ({ open: () => memoryLog() }),
  },
  "takes whatever comes": {
    noticed: /fork or skip|second to come|whatever was tried/,
    make: () =>
      place(() => {
        const all: SealedReceipt[] = [];
        return {
          append: (entry) => void all.push(entry),
          async *read() {
            yield* [...all].map(({ receipt }) => receipt);
          },
          head: () => null,
        };
      }),
  },
  "checks the number, but not the digest before": {
    noticed: /fork or skip/,
    make: () =>
      place(() => {
        const all: SealedReceipt[] = [];
        const lastOf = (chain: string) => all.findLast(({ receipt }) => receipt.body.chain === chain);
        const log = memoryLog();
        return broken(log, {
          append(entry) {
            const { chain, seq } = entry.receipt.body;
            if (seq !== (lastOf(chain)?.receipt.body.seq ?? -1) + 1) return log.append(entry);
            all.push(entry);
          },
          async *read() {
            yield* all.map(({ receipt }) => receipt);
          },
        });
      }),
  },
  "keeps what came behind a failed append": {
    noticed: /so does everything that waits behind it/,
    make: () =>
      place((right) => {
        const held: SealedReceipt[] = [];
        return broken(right, {
          async append(entry) {
            try {
              await right.append(entry);
            } catch (error) {
              held.push(entry);
              throw error;
            }
          },
          async *read(query) {
            yield* right.read(query);
            yield* held.map(({ receipt }) => receipt);
          },
        });
      }),
  },
  "keeps appends in another order than they came": {
    noticed: /in the order in which they came/,
    make: () =>
      place((right) => {
        let turn = 0;
        return broken(right, {
          async append(entry) {
            if (turn++ % 3 === 0) await null;
            await right.append(entry);
          },
        });
      }),
  },
  "checks what follows, then appends after an await": {
    noticed: /second to come is refused/,
    make: () =>
      place(() => {
        const all: SealedReceipt[] = [];
        const lastOf = (chain: string) => all.findLast(({ receipt }) => receipt.body.chain === chain);
        return {
          async append(entry) {
            const { chain, prev } = entry.receipt.body;
            if (prev !== (lastOf(chain)?.digest ?? null)) {
              throw Object.assign(new Error(), { code: "storage_failed" });
            }
            await null;
            all.push(entry);
          },
          async *read() {
            yield* [...all].map(({ receipt }) => receipt);
          },
          head: () => null,
        };
      }),
  },
  "takes chains whose names begin alike for one": {
    noticed: /reading by chain/,
    make: () =>
      place((right) =>
        broken(right, {
          async *read({ chain = "", ...query } = {}) {
            for await (const receipt of right.read(query)) {
              if (receipt.body.chain.startsWith(chain)) yield receipt;
            }
          },
        }),
      ),
  },
  "finds a run's decisions without how they ended": {
    noticed: /reading by run/,
    make: () =>
      place((right) =>
        broken(right, {
          async *read(query) {
            for await (const receipt of right.read(query)) {
              if (query?.run === undefined || receipt.body.type !== "settlement") yield receipt;
            }
          },
        }),
      ),
  },
  "forgets decisions from before the time asked for": {
    noticed: /any members of a query together/,
    make: () =>
      place((right) =>
        broken(right, {
          async *read({ from, until, ...about } = {}) {
            const inTime = new Set<string>();
            for await (const { body } of right.read({ ...(from && { from }), ...(until && { until }) })) {
              inTime.add(body.id);
            }
            const open = new Set<string>();
            for await (const receipt of right.read(about)) {
              const { body } = receipt;
              if (!inTime.has(body.id)) continue;
              if (body.type === "decision") open.add(body.id);
              if (body.type === "settlement" && about.subject && !open.has(body.decision)) continue;
              yield receipt;
            }
          },
        }),
      ),
  },
  "takes one field of a subject for all": {
    noticed: /reading by subject|any members/,
    make: () =>
      place((right) =>
        broken(right, {
          read({ subject, ...query } = {}) {
            const [first] = Object.entries(subject ?? {});
            return right.read(
              subject ? { ...query, subject: Object.fromEntries(first ? [first] : []) } : query,
            );
          },
        }),
      ),
  },
  "counts the end of a time in": {
    noticed: /reading by time/,
    make: () =>
      place((right) =>
        broken(right, {
          read: ({ until, ...query } = {}) =>
            right.read(until === undefined ? query : { ...query, until: new Date(until).getTime() + 1 }),
        }),
      ),
  },
  "takes a time that is none for no time": {
    noticed: /a time that is none/,
    make: () =>
      place((right) =>
        broken(right, {
          read: (query = {}) => right.read(Number.isNaN(new Date(query.from ?? 0).getTime()) ? {} : query),
        }),
      ),
  },
  "shows readers what comes meanwhile": {
    noticed: /a reader sees what was there when it began/,
    make: () =>
      place((right) =>
        broken(right, {
          async *read() {
            const seen = new Set<string>();
            for (let isNew = true; isNew; ) {
              isNew = false;
              for await (const receipt of right.read()) {
                if (seen.has(receipt.body.id) || seen.size > 10) continue;
                seen.add(receipt.body.id);
                isNew = true;
                yield receipt;
              }
            }
          },
        }),
      ),
  },
  "tells every chain's head as under the key of its last signature": {
    noticed: /under which key/,
    make: () =>
      place((right) => {
        const signers = new Map<string, string>();
        return broken(right, {
          append(entry) {
            signers.set(entry.receipt.body.chain, entry.receipt.kid);
            return right.append(entry);
          },
          async head(chain) {
            const head = await right.head(chain);
            return head && { ...head, kid: signers.get(chain) ?? head.kid };
          },
        });
      }),
  },
  "tells one head of many": {
    noticed: /heads tells the last receipt of every chain/,
    make: () =>
      place((right) => broken(right, { heads: async () => ((await right.heads?.()) ?? []).slice(0, 1) })),
  },
  "cuts long receipts": {
    noticed: /long receipt/,
    make: () =>
      place((right) =>
        broken(right, {
          append: (entry) => right.append({ ...entry, json: entry.json.length > 65_536 ? "{}" : entry.json }),
        }),
      ),
  },
};

describe("the log's laws", () => {
  it.each(Object.entries(faults))("notice a log that %s", async (_, { make, noticed }) => {
    const laws = logLaws(make).filter(({ rule }) => noticed.test(rule));
    expect(laws.length).toBeGreaterThan(0);
    for (const { check } of laws) await expect(check()).rejects.toThrow();
  });

  it("pass for the log that is broken in nothing", async () => {
    for (const { check } of logLaws(() => place((right) => broken(right, {})), { runs: 5 })) await check();
  });
});
