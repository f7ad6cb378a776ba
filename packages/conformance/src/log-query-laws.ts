import type { Receipt, ReceiptQuery, SealedReceipt } from "@tollgate/core";
import { expect } from "vitest";
import { type LogLaw, type MakeLogPlace, readAll, type UsedLog, usingLog } from "./log-under-test.ts";
import { appendAll, decision, SampleChain, settlement } from "./sample-chain.ts";

/** The laws about what a query finds. */
export function logQueryLaws(make: MakeLogPlace): readonly LogLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({ rule, check: () => usingLog(make, holds) }));
}

const laws: Readonly<Record<string, (used: UsedLog) => Promise<void>>> = {
  async "reading by any members of a query together answers what matches all of them, in order"({ log }) {
    const entries = history();
    await appendAll(log, entries);
    const all = entries.map(({ receipt }) => receipt);
    let found = 0;
    for (const query of queries(all)) {
      const expected = all.filter((receipt) => isAsked(receipt, query, all));
      expect(await readAll(log, query), JSON.stringify(query)).toEqual(expected);
      found += expected.length;
    }
    expect(found).toBeGreaterThan(1000);
  },

  async "reading by subject finds decisions on its behalf, and how each ended by the decision"({ log }) {
    const [main, other] = [new SampleChain("main"), new SampleChain("other", 1)];
    const [held, expired, plain] = [main.newId(), main.newId(), main.newId()];
    const entries = [
      main.seal(),
      other.seal(),
      main.seal(decided("a", { user: "alice", tenant: "acme" }, { id: held, reservation: held })),
      main.seal(decided("a", { user: "alice" }, { id: expired, reservation: expired })),
      main.seal(decided("a", { user: "bob", tenant: "acme" }, { id: plain })),
      main.seal({ type: "stop", run: "a", reason: "enough" }),
      main.seal(settlement(plain)),
      other.seal(settlement(expired, { reservation: expired, outcome: "expired" })),
      other.seal(settlement(expired, { reservation: expired, late: true })),
      main.seal(settlement(held, { reservation: held, outcome: "released" })),
    ];
    await appendAll(log, entries);
    const at = async (query: ReceiptQuery) => {
      const found = await readAll(log, query);
      return found.map(({ body }) => entries.findIndex(({ receipt }) => receipt.body.id === body.id));
    };
    expect(await at({ subject: { user: "alice" } })).toEqual([2, 3, 7, 8, 9]);
    expect(await at({ subject: { user: "alice", tenant: "acme" } })).toEqual([2, 9]);
    expect(await at({ subject: { tenant: "acme" } })).toEqual([2, 4, 6, 9]);
    expect(await at({ subject: { user: "acme" } })).toEqual([]);
    expect(await at({ subject: { user: "alice" }, chain: "main" })).toEqual([2, 3, 9]);
  },

  async "reading by time has its beginning inside and its end outside, as text or in milliseconds"({ log }) {
    const main = new SampleChain("main");
    const entries = main.sealMany(5);
    await appendAll(log, entries);
    const [, from = "", , until = ""] = entries.map(({ receipt }) => receipt.body.time);
    const seqs = async (query: ReceiptQuery) => (await readAll(log, query)).map(({ body }) => body.seq);
    expect(await seqs({ from })).toEqual([1, 2, 3, 4]);
    expect(await seqs({ until })).toEqual([0, 1, 2]);
    expect(await seqs({ from, until })).toEqual([1, 2]);
    expect(await seqs({ from: Date.parse(from), until: Date.parse(until) })).toEqual([1, 2]);
    expect(await seqs({ from: from.replace("Z", "+00:00") })).toEqual([1, 2, 3, 4]);
    expect(await seqs({ from: until, until: from })).toEqual([]);
    expect(await seqs({ from: -8.64e15, until: 8.64e15 })).toEqual([0, 1, 2, 3, 4]);
    expect(await seqs({ from: 8.64e15 })).toEqual([]);
  },

  async "a name that no receipt can have finds nothing, whatever its characters"({ log }) {
    const main = new SampleChain("main");
    await appendAll(log, [main.seal(), main.seal(decided("a", { user: "\ufffd" }))]);
    for (const name of ["", "a\0", "\ud800", "\udc00\ud800", "a".repeat(100_000), "' OR TRUE --"]) {
      for (const query of [
        { chain: name },
        { run: name },
        { subject: { user: name } },
        { subject: { [name]: "alice" } },
        { chain: "main", subject: { user: name } },
        { chain: name, run: name, subject: { user: name }, from: 0 },
      ]) {
        expect(await readAll(log, query), JSON.stringify(query).slice(0, 100)).toEqual([]);
      }
    }
    expect(await readAll(log, { subject: { user: "\ufffd" } })).toHaveLength(1);
  },

  async "a time that is none is refused before anything is read"({ log }) {
    const main = new SampleChain("main");
    await appendAll(log, main.sealMany(2));
    for (const time of ["yesterday", "", Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1]) {
      for (const query of [{ from: time }, { until: time }, { chain: "nobody's", subject: {}, from: time }]) {
        // Some refuse when they are asked, others when the first is taken.
        const first = async () => log.read(query)[Symbol.asyncIterator]().next();
        await expect(first(), JSON.stringify(query)).rejects.toMatchObject({ code: "invalid_config" });
      }
    }
    expect(await readAll(log)).toHaveLength(2);
  },
};

/** A decision on a subject's behalf. */
function decided(
  run: string,
  subject: Readonly<Record<string, string>>,
  changes: Parameters<typeof decision>[1] = {},
) {
  const content = decision(run, changes);
  if (content.type !== "decision") throw new TypeError("a decision is a decision");
  return { ...content, action: { ...content.action, subject } };
}

/** Two chains side by side, at the same times, with every sort of receipt of two runs and four subjects. */
function history(): readonly SealedReceipt[] {
  const chains = [new SampleChain("a"), new SampleChain("b", 1)];
  const subjects: readonly Readonly<Record<string, string>>[] = [
    {},
    { user: "alice" },
    { user: "alice", tenant: "acme" },
    { tenant: "acme" },
  ];
  const entries: SealedReceipt[] = [];
  const waiting: { readonly chain: SampleChain; readonly id: string; readonly isHeld: boolean }[] = [];
  for (const chain of chains) entries.push(chain.seal());
  for (let turn = 0; turn < 24; turn++) {
    for (const chain of chains) {
      const run = turn % 3 === 0 ? "one" : "two";
      const [id, isHeld] = [chain.newId(), turn % 2 === 0];
      entries.push(
        chain.seal(decided(run, subjects[turn % 4] ?? {}, { id, reservation: isHeld ? `of ${id}` : null })),
      );
      waiting.push({ chain, id, isHeld });
      if (turn % 5 === 0) entries.push(chain.seal({ type: "stop", run, reason: "enough" }));
      const ended = turn < 4 ? undefined : waiting.shift();
      if (ended === undefined) continue;
      const reservation = ended.isHeld ? `of ${ended.id}` : null;
      if (turn % 7 === 0) {
        entries.push(ended.chain.seal(settlement(ended.id, { reservation, outcome: "expired" })));
      }
      // Some are ended by the writer of the other chain.
      const by = turn % 11 === 0 ? chains[0] : ended.chain;
      entries.push((by ?? chain).seal(settlement(ended.id, { reservation })));
    }
  }
  return entries;
}

/** Every combination of what may be asked for. */
function queries(all: readonly Receipt[]): readonly ReceiptQuery[] {
  const time = (nth: number): string => all[Math.floor(all.length * nth)]?.body.time ?? "";
  const combined: ReceiptQuery[] = [];
  for (const chain of [undefined, "a", "nobody's"]) {
    for (const run of [undefined, "one", "two"]) {
      for (const subject of [undefined, {}, { user: "alice" }, { user: "alice", tenant: "acme" }]) {
        for (const from of [undefined, time(0.3), Date.parse(time(0.6))]) {
          for (const until of [undefined, time(0.5), Date.parse(time(0.8))]) {
            combined.push(
              Object.fromEntries(
                Object.entries({ chain, run, subject, from, until }).filter(
                  ([, value]) => value !== undefined,
                ),
              ),
            );
          }
        }
      }
    }
  }
  return combined;
}

/** Whether a receipt is one that a query asks for, from the words of the interface and all receipts. */
function isAsked({ body }: Receipt, query: ReceiptQuery, all: readonly Receipt[]): boolean {
  const { chain, run, subject, from, until } = query;
  if (chain !== undefined && body.chain !== chain) return false;
  if (from !== undefined && Date.parse(body.time) < new Date(from).getTime()) return false;
  if (until !== undefined && Date.parse(body.time) >= new Date(until).getTime()) return false;
  if (run === undefined && subject === undefined) return true;
  if (body.type === "approval" || body.type === "stop") return subject === undefined && body.run === run;
  const id = body.type === "settlement" ? body.decision : body.id;
  const decided = all.find((each) => each.body.type === "decision" && each.body.id === id)?.body;
  if (decided?.type !== "decision" || (chain !== undefined && decided.chain !== chain)) return false;
  const fields = Object.entries(subject ?? {});
  return (
    (run === undefined || decided.action.run === run) &&
    fields.every(([field, value]) =>
      Object.entries(decided.action.subject).some(([k, v]) => k === field && v === value),
    )
  );
}
