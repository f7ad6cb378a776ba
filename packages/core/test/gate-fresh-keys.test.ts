import { expect, it } from "vitest";
import { createGate, memoryLedger } from "../src/index.ts";

/** A key that is called fresh is granted out of a lease without asking whether another process has used it. */
it("calls a key fresh that the gate made itself, and none that a caller chose", async () => {
  const asked: (readonly [string, boolean | undefined])[] = [];
  const ledger = memoryLedger();
  const gate = createGate({
    budgets: [{ id: "calls", limit: "10 calls", per: "run" }],
    ledger: {
      reserve(request) {
        asked.push([request.key, request.fresh]);
        return ledger.reserve(request);
      },
      settle: (reservation, amounts) => ledger.settle(reservation, amounts),
      release: (reservation) => ledger.release(reservation),
      extend: (reservation, expiresAt) => ledger.extend(reservation, expiresAt),
      expire: (now) => ledger.expire(now),
      nextExpiry: () => ledger.nextExpiry(),
      balances: (query) => ledger.balances(query),
    },
  });
  const run = gate.run({ id: "thread-7" });
  for (const key of [undefined, "task-1", undefined]) {
    const { permit } = await gate.decide({ kind: "tool", name: "search", ...(key && { key }) }, { run });
    await permit?.settle();
  }
  await gate.close();
  expect(asked.map(([, fresh]) => fresh)).toEqual([true, false, true]);
  expect(asked[1]?.[0]).toBe("8:thread-7/task-1");
});
