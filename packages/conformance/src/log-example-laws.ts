import { createSigner } from "@tollgate/core";
import { keyContent } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
import { expect } from "vitest";
import {
  type LogLaw,
  type MakeLogPlace,
  readAll,
  readPlaces,
  type UsedLog,
  usingLog,
} from "./log-under-test.ts";
import { appendAll, appendTogether, decision, SampleChain, settlement } from "./sample-chain.ts";

/** The laws that are clearest as an example each. */
export function logExampleLaws(make: MakeLogPlace): readonly LogLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({ rule, check: () => usingLog(make, holds) }));
}

const laws: Readonly<Record<string, (used: UsedLog) => Promise<void>>> = {
  async "an empty log has no receipts and no heads"({ log }) {
    expect(await readAll(log)).toEqual([]);
    expect(await log.head("main")).toBeNull();
    expect(await log.heads?.()).toEqual(log.heads && []);
  },

  async "a receipt is there in full once append has answered"({ log }) {
    const main = new SampleChain("main");
    for (let count = 1; count <= 5; count++) {
      const entry = main.seal();
      await log.append(entry);
      const receipts = await readAll(log);
      expect(receipts).toHaveLength(count);
      expect(receipts.at(-1)).toEqual(entry.receipt);
      expect(await log.head("main")).toEqual(main.chain.head);
    }
    expect(await verifyChain(log.read(), { keys: [main.signer.publicKey] })).toMatchObject({
      verdict: "authentic",
      receipts: 5,
    });
  },

  async "what was acknowledged is there when the log is opened again, and its chains go on"(used) {
    const [main, other] = [new SampleChain("main"), new SampleChain("other", 1)];
    const first = [main.seal(), other.seal(), main.seal(), main.seal()];
    await appendAll(used.log, first);
    await used.reopen();
    expect(await readAll(used.log)).toEqual(first.map(({ receipt }) => receipt));
    expect(await used.log.head("main")).toEqual(main.chain.head);
    expect(await used.log.head("other")).toEqual(other.chain.head);
    const second = [other.seal(), main.seal()];
    await appendAll(used.log, second);
    await used.reopen();
    expect(await readAll(used.log)).toEqual([...first, ...second].map(({ receipt }) => receipt));
  },

  async "heads tells the last receipt of every chain, and head of each alone"({ log }) {
    const chains = Array.from({ length: 12 }, (_, nth) => new SampleChain(`chain ${nth}`, nth));
    for (const [nth, chain] of chains.entries()) await appendAll(log, chain.sealMany(nth + 1));
    const heads = chains.map(({ chain }) => chain.head);
    for (const { chain } of chains) expect(await log.head(chain.id)).toEqual(chain.head);
    expect(await log.head("chain")).toBeNull();
    if (log.heads === undefined) return;
    const bySeq = [...(await log.heads())].sort((one, other) => one.seq - other.seq);
    expect(bySeq).toEqual(heads);
  },

  async "a head says under which key its chain goes on, and whether it is closed"({ log }) {
    const main = new SampleChain("main");
    const next = createSigner({ seed: new Uint8Array(32).fill(99) });
    main.chain.admit(next);
    await appendAll(log, [main.seal(), main.seal(keyContent(next))]);
    expect(await log.head("main")).toMatchObject({ seq: 1, kid: next.kid, closed: false });
    await appendAll(log, [main.seal(), main.seal({ type: "close" })]);
    expect(await log.head("main")).toEqual(main.chain.head);
    expect(await log.head("main")).toMatchObject({ seq: 3, kid: next.kid, closed: true });
  },

  async "a receipt that would fork or skip in its chain is refused, and nothing of it kept"({ log }) {
    const main = new SampleChain("main");
    const [opening, skipped, late] = [main.seal(), main.seal(), main.seal()];
    expect(await appendTogether(log, [skipped])).toEqual(["storage_failed"]);
    await log.append(opening);
    expect(await appendTogether(log, [opening])).toEqual(["storage_failed"]);
    expect(await appendTogether(log, [late])).toEqual(["storage_failed"]);
    // Of the same place in the chain, on top of another first receipt.
    const fork = new SampleChain("main", 7);
    fork.seal();
    expect(await appendTogether(log, [fork.seal()])).toEqual(["storage_failed"]);
    expect(await readAll(log)).toEqual([opening.receipt]);
    await appendAll(log, [skipped, late]);
    expect(await log.head("main")).toEqual(main.chain.head);
  },

  async "reading by chain answers that chain's receipts, in order"({ log }) {
    const [a, b] = [new SampleChain("a"), new SampleChain("ab", 1)];
    for (let turn = 0; turn < 5; turn++) await appendAll(log, [a.seal(), b.seal(), a.seal()]);
    const { length } = await readAll(log);
    expect(length).toBe(15);
    expect(await readPlaces(log, { chain: "a" })).toEqual(Array.from({ length: 10 }, (_, seq) => `a:${seq}`));
    expect(await readPlaces(log, { chain: "ab" })).toEqual(
      Array.from({ length: 5 }, (_, seq) => `ab:${seq}`),
    );
    expect(await readPlaces(log, { chain: "nobody's" })).toEqual([]);
  },

  async "reading by run answers its decisions, how each ended, its approvals and its stop"({ log }) {
    const [main, other] = [new SampleChain("main"), new SampleChain("other", 1)];
    const [one, two, three] = [main.newId(), main.newId(), main.newId()];
    const approval = {
      type: "approval",
      approval: "a1",
      status: "requested",
      action: "sha256:",
      run: "b",
    } as const;
    await appendAll(log, [
      main.seal(),
      other.seal(),
      main.seal(decision("a", { id: one, reservation: one })),
      main.seal(decision("b", { id: two })),
      main.seal(decision("a", { id: three })),
      main.seal(settlement(two)),
      main.seal(settlement(one, { reservation: one, outcome: "expired" })),
      main.seal({ type: "stop", run: "a", reason: "enough" }),
      main.seal(approval),
      main.seal(settlement(one, { reservation: one, late: true })),
      main.seal(settlement(three, { outcome: "released" })),
      other.seal(decision("a")),
    ]);
    expect(await readPlaces(log, { run: "a" })).toEqual([
      "main:1",
      "main:3",
      "main:5",
      "main:6",
      "main:8",
      "main:9",
      "other:1",
    ]);
    expect(await readPlaces(log, { run: "b" })).toEqual(["main:2", "main:4", "main:7"]);
    expect(await readPlaces(log, { run: "a", chain: "other" })).toEqual(["other:1"]);
    expect(await readPlaces(log, { run: "nobody's" })).toEqual([]);
  },

  async "a reader sees what was there when it began, whatever is appended meanwhile"({ log }) {
    const main = new SampleChain("main");
    await appendAll(log, main.sealMany(3));
    const seen: number[] = [];
    for await (const { body } of log.read()) {
      seen.push(body.seq);
      await log.append(main.seal());
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(await readAll(log)).toHaveLength(6);
  },

  async "a reader that leaves half way stands in nobody's way"(used) {
    const main = new SampleChain("main");
    await appendAll(used.log, main.sealMany(20));
    for await (const { body } of used.log.read()) if (body.seq === 3) break;
    const left = used.log.read()[Symbol.asyncIterator]();
    await left.next();
    await appendAll(used.log, main.sealMany(20));
    expect(await readAll(used.log)).toHaveLength(40);
    await left.return?.();
    await used.reopen();
    expect(await readAll(used.log)).toHaveLength(40);
  },

  async "a long receipt is kept whole"({ log }) {
    const main = new SampleChain("main");
    const { action } = decision() as Extract<ReturnType<typeof decision>, { type: "decision" }>;
    const params = JSON.stringify("ü".repeat(200_000));
    const entries = [main.seal(), main.seal(decision("a", { action: { ...action, params } })), main.seal()];
    await appendAll(log, entries);
    expect(await readAll(log)).toEqual(entries.map(({ receipt }) => receipt));
  },
};
