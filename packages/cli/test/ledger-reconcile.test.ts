import { join } from "node:path";
import { createGate, gateBudget } from "@tollgate/core";
import { fileLog, readKeyFile } from "@tollgate/core/node";
import { manualClock } from "@tollgate/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { type SampleStore, sampleStore } from "./sample-store.ts";

let store: SampleStore;
let files: string;
/** The decision that has no end, as if it had been granted out of a lease that nobody was told of. */
let lost: string;

beforeEach(async () => {
  store = await sampleStore();
  files = join(store.folder.path, "machine.jsonl");
  const gate = createGate({
    log: fileLog(files),
    chain: "machine",
    signer: readKeyFile(store.gateKey),
    clock: manualClock(Date.parse("2021-05-04T09:00:00Z")),
    budgets: [{ id: "all", limit: "$1000.00" }],
  });
  const pay = { kind: "tool", name: "pay", amounts: { usd: "$7.00" } } as const;
  await (await gateBudget(gate, pay)).settle();
  lost = (await gateBudget(gate, pay)).id;
  await gate.close();
});
afterEach(() => store[Symbol.dispose]());

function reconcile(...args: readonly string[]): Promise<Ran> {
  return tollgate(["ledger", "reconcile", files, "--store", store.path, ...args]);
}

it("the ledger is told of decisions that are open in receipts and unknown to it, once", async () => {
  const { stdout, code } = await reconcile("--key", store.gateKey);
  expect(code).toBe(0);
  expect(stdout).toBe(
    `told of decision ${lost}\nthe next sweep of a gate ends each as expired, and writes its receipt\n`,
  );
  const kept = await tollgate(["ledger", "reservations", "--store", store.path, "--json"]);
  expect(JSON.parse(kept.stdout)).toContainEqual(
    expect.objectContaining({ id: lost, status: "open", lease: false }),
  );
  expect((await reconcile("--key", store.gateKey)).stdout).toBe(
    "the ledger knows of all that is open in these receipts\n",
  );
  expect((await reconcile("--json")).stdout).toBe('{"told":[]}\n');
});

it("decisions that are too young are left alone, and so are all where the receipts do not verify", async () => {
  expect((await reconcile("--until", "2021-05-04T09:00:00Z", "--json")).stdout).toBe('{"told":[]}\n');
  const { code, stderr } = await reconcile("--key", store.operatorKey);
  expect([code, stderr]).toEqual([1, expect.stringContaining("untrusted_key")]);
  expect((await reconcile("--json")).stdout).toContain(lost);
});
