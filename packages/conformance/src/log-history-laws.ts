import type { ChainHead, SealedReceipt } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";
import fc from "fast-check";
import { expect } from "vitest";
import { type LogLaw, type MakeLogPlace, readAll, type UsedLog, usingLog } from "./log-under-test.ts";
import { appendTogether, decision, SampleChain } from "./sample-chain.ts";

/** Something done to a log: appends under way together, or closing and opening it again. */
type Operation = { readonly do: "append"; readonly appends: readonly Append[] } | { readonly do: "reopen" };

/** Whose next receipt is appended, and whether it really follows. */
interface Append {
  readonly chain: number;
  readonly how: "next" | "again" | "skip";
}

const append = fc.record({
  chain: fc.nat(2),
  how: fc.oneof(
    { weight: 6, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.constant("again" as const) },
    { weight: 1, arbitrary: fc.constant("skip" as const) },
  ),
});

const histories = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("append" as const),
        appends: fc.array(append, { minLength: 1, maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** The law over random histories. */
export function logHistoryLaws(make: MakeLogPlace, numRuns: number): readonly LogLaw[] {
  return [
    {
      rule: "whatever was tried, the log holds what followed and was acknowledged, in order, and nothing else",
      check: () =>
        fc.assert(
          fc.asyncProperty(histories, (operations) => usingLog(make, (used) => play(used, operations))),
          { numRuns },
        ),
    },
  ];
}

async function play(used: UsedLog, operations: readonly Operation[]): Promise<void> {
  const chains = ["a", "b", "c"].map((name, nth) => new SampleChain(name, nth));
  const kept: SealedReceipt[] = [];
  const heads: (ChainHead | null)[] = [null, null, null];
  for (const operation of operations) {
    if (operation.do === "reopen") {
      await used.reopen();
    } else {
      const batch = operation.appends.map((each) => seal(chains, heads, kept, each));
      const answers = await appendTogether(
        used.log,
        batch.map(({ entry }) => entry),
      );
      expect(answers).toEqual(batch.map(({ follows }) => (follows ? "kept" : "storage_failed")));
    }
    for (const [nth, { chain }] of chains.entries()) {
      expect(await used.log.head(chain.id)).toEqual(heads[nth]);
      // After a failure a writer goes on from what the log has.
      chain.resume(heads[nth] ?? null);
    }
  }
  const receipts = await readAll(used.log);
  expect(receipts).toHaveLength(kept.length);
  for (const { chain } of chains) {
    const own = receipts.filter(({ body }) => body.chain === chain.id);
    const expected = kept.filter(({ receipt }) => receipt.body.chain === chain.id);
    expect(own).toEqual(expected.map(({ receipt }) => receipt));
    expect(await readAll(used.log, { chain: chain.id })).toEqual(own);
  }
  if (receipts.length > 0) expect(await verifyChain(receipts)).toMatchObject({ break: null });
}

/** Seals what is to be appended, and tells whether a log must take it; keeps book of what it then holds. */
function seal(
  chains: readonly SampleChain[],
  heads: (ChainHead | null)[],
  kept: SealedReceipt[],
  { chain: nth, how }: Append,
): { readonly entry: SealedReceipt; readonly follows: boolean } {
  const chain = chains[nth];
  if (chain === undefined) throw new RangeError(`there is no chain ${nth}`);
  const head = heads[nth] ?? null;
  if (how === "again") {
    const last = kept.findLast(({ receipt }) => receipt.body.chain === chain.chain.id);
    if (last !== undefined) return { entry: last, follows: false };
  }
  chain.chain.resume(head);
  if (how === "skip") chain.seal();
  const entry = chain.seal(decision(`run-${nth}`));
  if (how === "skip") return { entry, follows: false };
  heads[nth] = chain.chain.head;
  kept.push(entry);
  return { entry, follows: true };
}
