import { readFileSync } from "node:fs";
import { createGate, gateBudget } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { afterAll, expect, it } from "vitest";
import {
  dropReceipts,
  forget,
  migrate,
  postgresApprovals,
  postgresLedger,
  postgresLog,
  postgresStops,
} from "../src/index.ts";
import { checkBooks } from "./books.ts";
import { all, request, until } from "./fixture.ts";
import { costing, moneyGate } from "./money-gate.ts";
import { SealedChain } from "./sealed-chain.ts";
import { describeOwned, startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const owner = server.pool();

/** The SQL blocks of the README, in order. */
const [grants = "", operators = "", reader = ""] = [
  ...readFileSync(new URL("../README.md", import.meta.url), "utf8").matchAll(/```sql\n([\s\S]*?)```/g),
].map(([, text = ""]) => text);

const isOurs = server.power !== null;
const why = "roles are the whole server's";
await migrate(owner);
if (isOurs) await owner.query(grants + operators + reader);
const as = async (name: string, role: string) => {
  if (isOurs) await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret' IN ROLE ${role}`);
  const url = new URL(server.url);
  url.username = name;
  url.password = "secret";
  return server.pool({ connectionString: url.href });
};
const app = await as("agents", "tollgate_app");
const operator = await as("oscar", "tollgate_operator");
const auditor = await as("auditor", "tollgate_reader");

describeOwned(server, why, "the application's role of the README", () => {
  it("can do all that a gate does", async () => {
    await migrate(app);
    const gate = moneyGate(app, "$5", {}, { recordWithinMs: 1000 });
    await (await gateBudget(gate, costing("$1"))).settle();
    const permit = await gateBudget(gate, costing("$1"));
    await permit.extend(600_000);
    await permit.release("not sent");
    await postgresLedger(app).record([{ reservation: request("leased", []), leases: [], ending: null }]);
    // Whatever it does is late.
    const hasty = moneyGate(app, "$5", { reservationTtlMs: 1 });
    await gateBudget(hasty, costing("$1"));
    await until(
      () => hasty.balances(),
      ([balance]) => balance?.held === 0n,
    );
    await hasty.close();
    await gate.close();
    expect(await checkBooks(app)).toHaveLength(10);
    expect(await postgresLedger(app).reservations()).toHaveLength(4);
    expect(await postgresLog(app).heads()).toHaveLength(2);
  });

  it("can ask for approvals, answer them, and stop runs", async () => {
    const approvals = postgresApprovals(app);
    const stops = postgresStops(app, { withinMs: 0 });
    const rule = evaluator("careful", () => ({ decision: "require_approval", reason: "always" }));
    const gate = createGate({ approvals, stops, evaluators: [rule] });
    const pay = { kind: "tool", name: "pay" } as const;
    const run = gate.run({ id: "approving" });
    const asked = await gate.decide(pay, { run });
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    expect(await gate.decide(pay, { run })).toMatchObject({ outcome: "allow" });
    await gate.stop(run, "enough");
    await approvals.giveBack("unknown", "unknown");
    await approvals.withdraw("unknown");
    expect(await approvals.expire(0, postgresLog(app))).toEqual([]);
    if (asked.approval !== null) await approvals.recorded?.(asked.approval);
  });

  it("can write no table but by the functions of the schema", async () => {
    for (const table of [
      "balances",
      "reservations",
      "receipts",
      "chains",
      "adjustments",
      "migrations",
      "forgotten",
      "receipts_kept",
      "approvals",
      "approval_steps",
      "stops",
    ]) {
      for (const text of [
        `DELETE FROM tollgate.${table}`,
        `TRUNCATE tollgate.${table}`,
        `INSERT INTO tollgate.${table} DEFAULT VALUES`,
      ]) {
        await expect(app.query(text), text).rejects.toThrow(/permission denied|cannot insert/);
      }
    }
    await expect(app.query("UPDATE tollgate.balances SET spent = 0")).rejects.toThrow(/permission denied/);
    await expect(app.query("UPDATE tollgate.receipts SET receipt = ''")).rejects.toThrow(/permission denied/);
    await expect(app.query("DROP SCHEMA tollgate CASCADE")).rejects.toThrow(/must be owner/);
  });

  it("can neither adjust, nor forget, nor drop receipts", async () => {
    const adjustment = {
      id: "one",
      kind: "correction" as const,
      budget: "money",
      partition: "",
      window: "total",
      unit: "usd",
      by: "me",
      reason: "?",
    };
    const denied = /too few rights/;
    await expect(postgresLedger(app).adjust({ ...adjustment, amount: -1n })).rejects.toThrow(denied);
    await expect(postgresLedger(app).stops.lift("agent", 0)).rejects.toThrow(denied);
    await expect(forget(app)).rejects.toThrow(denied);
    await expect(dropReceipts(app, { before: new Date() })).rejects.toThrow(denied);
  });

  it("is not misled by a search path", async () => {
    await owner.query("CREATE SCHEMA evil; CREATE FUNCTION evil.floor(numeric) RETURNS numeric RETURN 1");
    await owner.query("GRANT USAGE ON SCHEMA evil TO tollgate_app");
    const misled = server.pool({
      connectionString: (app as { options: { connectionString: string } }).options.connectionString,
      options: "-c search_path=evil,pg_catalog",
    });
    const { rows } = await misled.query("SELECT tollgate.now_ms() AS now");
    expect(Math.abs(Number(rows[0].now) - Date.now())).toBeLessThan(60_000);
  });
});

describeOwned(server, why, "the operators' role of the README", () => {
  it("can adjust, and what a gate can, and no more", async () => {
    const ledger = postgresLedger(operator);
    const adjustment = {
      id: "by oscar",
      kind: "top_up" as const,
      budget: "money",
      partition: "",
      window: "total",
      unit: "usd",
      amount: -1n,
      by: "oscar",
      reason: "ticket 7",
    };
    await ledger.adjust(adjustment);
    // No receipts are written here: what was spent is to be what they say again.
    await ledger.adjust({ ...adjustment, id: "back", kind: "correction", amount: 1n });
    expect(await ledger.adjustments()).toHaveLength(2);
    await ledger.stops.stop("agent", "rogue", 0);
    expect(await ledger.stops.lift("agent", 0)).toBe(true);
    const gate = moneyGate(operator, "$5");
    await (await gateBudget(gate, costing("$1"))).settle();
    await gate.close();
    await expect(operator.query("UPDATE tollgate.balances SET spent = 0")).rejects.toThrow(/denied/);
    await expect(forget(operator)).rejects.toThrow(/too few rights/);
  });
});

describeOwned(server, why, "the reader's role of the README", () => {
  it("can read receipts and balances, and nothing else", async () => {
    expect((await all(postgresLog(auditor).read())).length).toBeGreaterThan(0);
    await checkBooks(auditor);
    expect(await postgresLedger(auditor).adjustments()).toHaveLength(2);
    await expect(postgresLedger(auditor).reserve(request("a"))).rejects.toThrow(/too few rights/);
    await expect(postgresLog(auditor).append(new SealedChain("c").seal())).rejects.toThrow(/too few rights/);
  });
});
