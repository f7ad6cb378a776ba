// One of several processes that use one file at the same time: `node contender.process.ts <what> <path> <name>`.
// Says "ready", starts when it is told to, and writes what it got, one line each.
import { once } from "node:events";
import { sqliteLedger } from "@tollgate/sqlite";
import { claim, request } from "./requests.ts";

const [, , what = "", path = "", name = ""] = process.argv;
const ledger = sqliteLedger(path, { durability: "normal", busyTimeoutMs: 30_000 });
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Takes 7 at a time from a limit of 28,000, until nothing is left. */
  async reserve() {
    await together(8, async (caller) => {
      for (let nth = 0; ; nth++) {
        const key = `${name}-${caller}-${nth}`;
        const answer = await ledger.reserve(request(key, [claim({ amount: 7n, limit: 28_000n })]));
        if (answer.status !== "reserved") return;
        console.log(key);
      }
    });
  },

  /** Asks for the same keys as everybody else. */
  async keys() {
    await together(8, async (caller) => {
      for (let nth = 0; nth < 25; nth++) {
        const key = `key ${caller * 25 + nth}`;
        const answer = await ledger.reserve({
          ...request(key, [claim({ limit: null })]),
          id: `${name} ${key}`,
        });
        if (answer.status === "reserved" && !answer.replayed) console.log(key);
      }
    });
  },

  /** Claims budgets in an order of its own, all of them or none, settles some and releases others. */
  async budgets() {
    await together(8, async (caller) => {
      for (let nth = 0; nth < 40; nth++) {
        const order = [0, 1, 2, 3].map((place) => (place * (1 + 2 * (nth % 2)) + caller) % 4);
        const claims = order.map((budget) => claim({ budget: `b${budget}`, amount: 1n, limit: 20n }));
        const key = `${name}-${caller}-${nth}`;
        const answer = await ledger.reserve(request(key, claims));
        if (answer.status !== "reserved") continue;
        for (const { spent, held } of answer.balances) if (spent + held > 20n) console.log(`over ${key}`);
        await ledger.release(answer.reservation, "done");
        console.log(key);
      }
    });
  },

  /** Sweeps until nothing is open any more. */
  async sweep() {
    while ((await ledger.nextExpiry()) !== null) {
      for await (const { key } of ledger.expire(1000)) console.log(key);
    }
  },
};

await tasks[what]?.();
await ledger.close();

async function together(callers: number, call: (caller: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
}
