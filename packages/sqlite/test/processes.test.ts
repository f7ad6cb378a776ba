import { sqliteLedger } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { startProcess } from "./node-process.ts";
import { claim, grant, standing } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

/** Lets several processes do the same on one file, and answers what each of them wrote. */
async function contend(what: string, path: string, count = 4): Promise<readonly (readonly string[])[]> {
  const processes = Array.from({ length: count }, (_, nth) =>
    startProcess("contender", [what, path, `p${nth}`]),
  );
  await Promise.all(processes.map((each) => each.hasWritten(1)));
  for (const each of processes) each.tell("go");
  expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual(processes.map(() => 0));
  return processes.map(({ lines }) => lines.slice(1));
}

describe("several processes on one file", () => {
  it("that make it at the same time get one and the same", async () => {
    const path = tempFile();
    const told = await contend("reserve", path);
    const ledger = sqliteLedger(path);
    expect(told.flat()).toHaveLength(4000);
    // So many that it was not reached by one of them alone.
    expect(told.filter((lines) => lines.length > 0).length).toBeGreaterThan(1);
    expect(new Set(told.flat()).size).toBe(4000);
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 28_000n });
    await ledger.close();
  }, 60_000);

  it("that ask for the same keys are granted each of them once", async () => {
    const path = tempFile();
    const told = await contend("keys", path);
    expect(told.flat().sort()).toEqual(Array.from({ length: 200 }, (_, nth) => `key ${nth}`).sort());
    const ledger = sqliteLedger(path);
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 2000n });
    await ledger.close();
  }, 60_000);

  it("that claim budgets in any order hold all or none, and never stand in each other's way for good", async () => {
    const path = tempFile();
    const told = await contend("budgets", path);
    expect(told.flat().filter((line) => line.startsWith("over"))).toEqual([]);
    expect(told.flat().length).toBeGreaterThan(100);
    const ledger = sqliteLedger(path);
    for (const { spent, held } of await ledger.balances({})) expect([spent, held]).toEqual([0n, 0n]);
    await ledger.close();
  }, 60_000);

  it("that sweep are told of each expired reservation once in all", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path, { durability: "normal" });
    const keys = Array.from({ length: 1000 }, (_, nth) => `k${nth}`);
    await Promise.all(keys.map((key) => grant(ledger, key, [claim({ limit: null })])));
    const told = await contend("sweep", path);
    expect(told.flat().sort()).toEqual(keys.sort());
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 0n });
    await ledger.close();
  }, 60_000);
});
