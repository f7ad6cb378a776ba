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
import { appendTogether, decision, SampleChain } from "./sample-chain.ts";

/** The laws about appends that are under way together. */
export function logConcurrencyLaws(make: MakeLogPlace): readonly LogLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({ rule, check: () => usingLog(make, holds) }));
}

const laws: Readonly<Record<string, (used: UsedLog) => Promise<void>>> = {
  async "appends of one chain under way together are kept in the order in which they came"({ log }) {
    const main = new SampleChain("main");
    const entries = main.sealMany(200);
    expect(await appendTogether(log, entries)).toEqual(entries.map(() => "kept"));
    expect(await readAll(log)).toEqual(entries.map(({ receipt }) => receipt));
    expect(await log.head("main")).toEqual(main.chain.head);
  },

  async "when an append fails, so does everything that waits behind it, and none of it is found"(used) {
    const [main, other] = [new SampleChain("main"), new SampleChain("other", 1)];
    await used.log.append(main.seal());
    const before = main.sealMany(3);
    const kept = main.chain.head;
    main.seal();
    const behind = main.sealMany(3);
    const others = other.sealMany(2);
    const [left, right] = await Promise.all([
      appendTogether(used.log, [...before, ...behind]),
      appendTogether(used.log, others),
    ]);
    expect(left).toEqual([...before.map(() => "kept"), ...behind.map(() => "storage_failed")]);
    expect(right).toEqual(["kept", "kept"]);
    expect(await used.log.head("main")).toEqual(kept);
    expect(await readPlaces(used.log, { chain: "main" })).toEqual(["main:0", "main:1", "main:2", "main:3"]);
    // The chain goes on from what the log has, also in another process.
    await used.reopen();
    main.chain.resume(await used.log.head("main"));
    await used.log.append(main.seal());
    expect(await verifyChain(used.log.read())).toMatchObject({ verdict: "bound", receipts: 7 });
  },

  async "of two writers of one chain the second to come is refused"({ log }) {
    const [one, two] = [new SampleChain("main"), new SampleChain("main")];
    expect(await appendTogether(log, [one.seal(), two.seal(decision())])).toEqual(["kept", "storage_failed"]);
    const next = [one.seal(decision("a")), two.seal(decision("b"))];
    expect(await appendTogether(log, next)).toEqual(["kept", "storage_failed"]);
    expect(await readAll(log)).toHaveLength(2);
    expect(await log.head("main")).toEqual(one.chain.head);
  },

  async "chains that are written at once do not mix, and each verifies"(used) {
    const chains = Array.from({ length: 16 }, (_, nth) => new SampleChain(`c${nth}`, nth));
    await Promise.all(
      chains.map(async (chain) => {
        for (let count = 0; count < 12; count++) await used.log.append(chain.seal());
      }),
    );
    await used.reopen();
    const report = await verifyChain(used.log.read(), { keys: chains.map(({ signer }) => signer.publicKey) });
    expect(report).toMatchObject({ verdict: "authentic", receipts: 16 * 12, break: null });
    for (const { chain } of chains) expect(await used.log.head(chain.id)).toEqual(chain.head);
  },
};
