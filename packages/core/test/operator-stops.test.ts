import { createGate, createSigner, memoryLog } from "@tollgate/core";
import { type StopStore, sharedStops } from "@tollgate/core/driver";
import { createOperator, type OperatorOptions } from "@tollgate/core/operate";
import { manualClock } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
import { describe, expect, it } from "vitest";
import { allOf } from "./export-receipts.ts";
import { tool } from "./gate-fixture.ts";
import { UnsureLog } from "./operator-fixture.ts";
import { StopRows } from "./stop-rows.ts";

function operating(change: (store: StopRows) => StopStore = (store) => store) {
  const clock = manualClock();
  const store = new StopRows();
  const log = new UnsureLog();
  const signer = createSigner();
  const waited: number[] = [];
  const pause = async (ms: number): Promise<void> => {
    waited.push(ms);
    clock.advance(ms);
  };
  const gate = createGate({ clock, log: memoryLog(), stops: sharedStops(store, { pause }) });
  const stops = sharedStops(change(store), { pause });
  const ledger = {} as OperatorOptions["ledger"];
  const operator = createOperator({ ledger, log, signer, clock, stops });
  return {
    gate,
    store,
    log,
    operator,
    waited,
    codeOf: async (agent: string, tenant: string, id = "run") =>
      (await gate.decide(tool("look"), { run: gate.run({ id, agent, tenant }) })).code,
    /** What the operator's receipts say of stops, once they verify. */
    told: async () => {
      log.failure = "none";
      const receipts = await allOf(log.read());
      expect(await verifyChain(receipts, { keys: [signer.publicKey] })).toMatchObject({ break: null });
      return receipts.flatMap(({ body }) => {
        if (body.type !== "stop") return [];
        const { v, id, chain, seq, prev, time, type, ...said } = body;
        return [said];
      });
    },
  };
}

const why = { by: "carol", reason: "its prompt was changed" };
const again = { by: "dave", reason: "its prompt is its own again" };

describe("an operator's stop", () => {
  it("denies the next action of an agent, in its tenant or in all, and of a run", async () => {
    const { operator, codeOf, told } = operating();
    expect(await codeOf("bot", "acme")).toBe("allowed");
    await operator.stop({ agent: "bot", tenant: "acme", ...why });
    expect(await codeOf("bot", "acme")).toBe("run_stopped");
    expect(await codeOf("bot", "rival")).toBe("allowed");
    await operator.stop({ agent: "bot", ...why });
    expect(await codeOf("bot", "rival")).toBe("run_stopped");
    expect(await codeOf("good", "acme", "loop")).toBe("allowed");
    await operator.stop({ run: "loop", ...why });
    expect(await codeOf("good", "acme", "loop")).toBe("run_stopped");
    expect(await told()).toEqual([
      { agent: "bot", tenant: "acme", ...why },
      { agent: "bot", ...why },
      { run: "loop", ...why },
    ]);
  });

  it("has one receipt, and is waited for by whoever comes second, too", async () => {
    const { operator, waited, told } = operating();
    expect((await operator.stop({ agent: "bot", ...why })).receipt?.body).toMatchObject(why);
    expect(await operator.stop({ agent: "bot", by: "dave", reason: "me, too" })).toEqual({ receipt: null });
    expect(waited).toEqual([1002, 1002]);
    expect(await told()).toHaveLength(1);
  });

  it("holds where its receipt cannot be written, which is written later", async () => {
    for (const failure of ["loses", "keeps"] as const) {
      const { operator, log, codeOf, told } = operating();
      log.failure = failure;
      const stopping = operator.stop({ agent: "bot", ...why });
      await expect(stopping).rejects.toThrow(/agent bot is stopped, but its receipt could not be written/);
      expect(await codeOf("bot", "acme")).toBe("run_stopped");
      log.failure = "none";
      await operator.close();
      expect(await told()).toEqual([{ agent: "bot", ...why }]);
    }
  });

  it("has a receipt, and its own reason, where the store failed at first and it is made again", async () => {
    for (const keeps of [true, false]) {
      let isDown = true;
      const { operator, codeOf, store, told } = operating((rows) => ({
        async add(stop) {
          if (isDown && !keeps) throw new Error("the store is down");
          const isKept = await rows.add(stop);
          if (isDown) throw new Error("the store is down");
          return isKept;
        },
        lift: (name, at) => rows.lift(name, at),
        since: (cursor) => rows.since(cursor),
      }));
      await expect(operator.stop({ agent: "bot", ...why })).rejects.toThrow("the store is down");
      expect(store.rows).toHaveLength(keeps ? 1 : 0);
      isDown = false;
      const made = await operator.stop({ agent: "bot", by: "dave", reason: "as carol says" });
      expect(made.receipt?.body).toMatchObject({ agent: "bot", ...why });
      expect(store.rows).toMatchObject([{ reason: why.reason }]);
      expect(await codeOf("bot", "acme")).toBe("run_stopped");
      expect(await operator.stop({ agent: "bot", ...why })).toEqual({ receipt: null });
      expect(await told()).toEqual([{ agent: "bot", ...why }]);
    }
  });

  it("refuses what is no target, and what no receipt can say", async () => {
    const { operator, store } = operating();
    const wrong = [{}, { run: "r", agent: "bot" }, { run: "two words" }, { tenant: "acme" }, { agent: "" }];
    for (const target of wrong)
      await expect(operator.stop({ ...target, ...why })).rejects.toThrow(/run or agent/);
    await expect(operator.stop({ agent: "bot", by: "", reason: "?" })).rejects.toThrow(/by/);
    await expect(operator.lift({ agent: "bot", by: "dave", reason: "" })).rejects.toThrow(/reason/);
    const alone = createOperator({
      ledger: {} as OperatorOptions["ledger"],
      log: memoryLog(),
      signer: createSigner(),
    });
    await expect(alone.stop({ agent: "bot", ...why })).rejects.toThrow(/stops that gates share/);
    expect(store.rows).toEqual([]);
  });
});

describe("an operator's lifting of a stop", () => {
  it("lets the agent act again, in runs that were denied and in new ones, with a receipt", async () => {
    const { gate, operator, codeOf, told, store } = operating();
    const open = gate.run({ agent: "bot", tenant: "acme" });
    await operator.stop({ agent: "bot", ...why });
    expect(await gate.decide(tool("look"), { run: open })).toMatchObject({ terminal: true });
    await operator.lift({ agent: "bot", ...again });
    // Within a second.
    expect(await codeOf("bot", "acme")).toBe("run_stopped");
    await operator.stop({ run: "other", ...why });
    expect(await codeOf("bot", "acme")).toBe("allowed");
    expect(await gate.decide(tool("look"), { run: open })).toMatchObject({ code: "allowed" });
    expect(await told()).toEqual([
      { agent: "bot", ...why },
      { agent: "bot", lifted: true, ...again },
      { run: "other", ...why },
    ]);
    await operator.stop({ agent: "bot", ...why });
    expect(store.rows.at(-1)).toMatchObject({ reason: why.reason });
    expect(await codeOf("bot", "acme")).toBe("run_stopped");
  });

  it("is of exactly what was stopped", async () => {
    const { operator, told } = operating();
    const lift = operator.lift({ agent: "bot", ...again });
    await expect(lift).rejects.toThrow("agent bot is not stopped");
    await operator.stop({ agent: "bot", ...why });
    await expect(operator.lift({ agent: "bot", tenant: "acme", ...again })).rejects.toThrow(
      "agent bot of tenant acme is not stopped: the agent is, in all tenants",
    );
    await operator.lift({ agent: "bot", ...again });
    await expect(operator.lift({ agent: "bot", ...again })).rejects.toThrow("agent bot is not stopped");
    expect(await told()).toHaveLength(2);
  });

  it("is in no receipt that could not be written before it, and so did not happen", async () => {
    const { operator, log, codeOf, told } = operating();
    await operator.stop({ agent: "bot", ...why });
    log.failure = "loses";
    await expect(operator.lift({ agent: "bot", ...again })).rejects.toThrow();
    log.failure = "none";
    await operator.stop({ run: "other", ...why });
    await operator.close();
    expect(await codeOf("bot", "acme")).toBe("run_stopped");
    expect(await told()).toEqual([
      { agent: "bot", ...why },
      { run: "other", ...why },
    ]);
  });

  it("never happens without its receipt, whatever fails and when", async () => {
    for (const failing of ["append", "lift"] as const) {
      for (const when of ["before", "after"] as const) {
        let isDown = false;
        const shop = operating((store) => ({
          add: (stop) => store.add(stop),
          since: (cursor) => store.since(cursor),
          async lift(name, at) {
            if (isDown && failing === "lift" && when === "before") throw new Error("the store is down");
            const isLifted = await store.lift(name, at);
            if (isDown && failing === "lift") throw new Error("the store is down");
            return isLifted;
          },
        }));
        await shop.operator.stop({ agent: "bot", ...why });
        isDown = true;
        if (failing === "append") shop.log.failure = when === "before" ? "loses" : "keeps";
        await expect(shop.operator.lift({ agent: "bot", ...again })).rejects.toThrow();
        const isLifted = shop.store.rows.at(-1)?.reason === null;
        expect(isLifted).toBe(failing === "lift" && when === "after");
        if (isLifted) expect(await shop.told()).toHaveLength(2);
        // And can be tried again.
        isDown = false;
        shop.log.failure = "none";
        if (!isLifted) await shop.operator.lift({ agent: "bot", ...again });
        expect(await shop.codeOf("bot", "acme")).toBe("allowed");
        const lifted = (await shop.told()).filter((said) => "lifted" in said);
        expect(lifted.length).toBeGreaterThanOrEqual(1);
      }
    }
  });
});
