import { agentName, sharedStops } from "@tollgate/core/driver";
import { describe, expect, it } from "vitest";
import { costing, gateFixture, tool } from "./gate-fixture.ts";
import { StopRows } from "./stop-rows.ts";

function sharing() {
  const store = new StopRows();
  const stops = sharedStops(store, { pause: async () => undefined });
  const fixture = gateFixture({ stops });
  return { store, stops, ...fixture };
}

describe("stops in a store", () => {
  it("are looked at once before the first decision, and beside the others once a second at most", async () => {
    const { gate, clock, store } = sharing();
    await gate.decide(tool("look"));
    await Promise.all([gate.decide(tool("look")), gate.decide(tool("look"))]);
    expect(store.looks).toBe(1);
    clock.advance(500);
    await gate.decide(tool("look"));
    expect(store.looks).toBe(1);
    clock.advance(1);
    await Promise.all([gate.decide(tool("look")), gate.decide(tool("look"))]);
    expect(store.looks).toBe(2);
  });

  it("once lifted deny no attempt under a key that they denied before", async () => {
    const { gate, stops, clock } = sharing();
    const run = gate.run({ agent: "bot" });
    const decide = async () => (await gate.decide({ ...tool("look"), key: "k" }, { run })).code;
    await gate.stop({ agent: "bot" }, "rogue");
    expect([await decide(), await decide()]).toEqual(["run_stopped", "run_stopped"]);
    await stops.lift(agentName("bot") ?? "", clock.now());
    clock.advance(1001);
    expect(await decide()).toBe("allowed");
  });

  it("deny where the answer to a lift comes after a look that has told of the next stop", async () => {
    const { gate, stops, store, clock } = sharing();
    const name = agentName("bot") ?? "";
    await gate.stop({ agent: "bot" }, "rogue");
    const { lift } = store;
    let answer = (): void => undefined;
    const answered = new Promise<void>((go) => {
      answer = go;
    });
    let lifting: Promise<boolean> | undefined;
    await new Promise<void>((lifted) => {
      store.lift = async (...what) => {
        const isLifted = await lift.apply(store, what);
        lifted();
        await answered;
        return isLifted;
      };
      lifting = stops.lift(name, clock.now());
    });
    await store.add({ name, reason: "again", at: clock.now() });
    clock.advance(1001);
    const code = async () => (await gate.decide(tool("look"), { subject: { agent: "bot" } })).code;
    expect(await code()).toBe("run_stopped");
    answer();
    expect(await lifting).toBe(true);
    for (let look = 0; look < 3; look++) {
      expect(await code()).toBe("run_stopped");
      clock.advance(1001);
    }
  });

  it("are not waited for while what is known is new enough, and are after that", async () => {
    const { gate, clock, store } = sharing();
    await gate.decide(tool("look"));
    store.failure = "throws";
    clock.advance(1000);
    expect(await gate.decide(tool("look"))).toMatchObject({ code: "allowed" });
    clock.advance(1);
    const denied = await gate.decide(tool("look"));
    expect(denied).toMatchObject({ outcome: "deny", code: "store_failed", terminal: false });
    expect(denied.reason).toMatch(/the store is down/);
    store.failure = null;
    expect(await gate.decide(tool("look"))).toMatchObject({ code: "allowed" });
  });

  it("deny while the store does not answer, also where the gate fails open", async () => {
    const store = new StopRows();
    const { gate, clock } = gateFixture({ stops: sharedStops(store), failure: "open" });
    await gate.decide(tool("look"));
    store.failure = "silent";
    clock.advance(1001);
    const deciding = gate.decide(tool("look"));
    await new Promise((go) => setTimeout(go, 0));
    clock.advance(5000);
    expect(await deciding).toMatchObject({ code: "store_failed" });
  });

  it("hold in the gate that made them although the store failed, and reach it once it is back", async () => {
    const { gate, clock, store, receipts } = sharing();
    const run = gate.run({ id: "r" });
    await gate.decide(tool("look"), { run });
    store.failure = "throws";
    await expect(gate.stop(run, "loop")).rejects.toThrow(/the store is down/);
    expect(await gate.decide(tool("look"), { run })).toMatchObject({ code: "run_stopped" });
    await expect(gate.stop(run, "loop")).rejects.toThrow(/the store is down/);
    expect(store.rows).toEqual([]);
    store.failure = null;
    clock.advance(1001);
    await gate.decide(tool("look"));
    expect(store.rows).toMatchObject([{ name: "r", reason: "loop" }]);
    await gate.stop(run, "again");
    expect((await receipts()).filter(({ body }) => body.type === "stop")).toHaveLength(1);
  });

  it("are told of a terminal deny, and hold where that fails", async () => {
    const store = new StopRows();
    const failures: unknown[] = [];
    const { gate } = gateFixture({
      stops: sharedStops(store, { pause: async () => undefined }),
      budgets: [{ id: "once", limit: "$1", then: "stop" }],
      onFailure: (failure) => failures.push(failure.during),
    });
    const run = gate.run({ id: "r" });
    await gate.decide(tool("look"), { run });
    store.failure = "throws";
    expect(await gate.decide(costing("$2"), { run })).toMatchObject({ terminal: true });
    expect(failures).toEqual(["stop"]);
    expect(run.stopped).toMatch(/budget "once"/);
    store.failure = null;
    await gate.stop(run, "for good");
    expect(store.rows).toMatchObject([{ name: "r" }]);
  });

  it("look anew when the clock has gone back", async () => {
    const { gate, clock, store } = sharing();
    await gate.decide(tool("look"));
    clock.set(clock.now() - 100);
    await gate.decide(tool("look"));
    expect(store.looks).toBe(2);
  });
});

describe("an agent's stop in a store", () => {
  it("is not lifted by an answer that is older than it", async () => {
    const { gate, clock, store, stops } = sharing();
    const bot = { run: gate.run({ agent: "bot" }) };
    await gate.stop({ agent: "bot" }, "rogue");
    await gate.decide(tool("look"), bot);
    await store.lift(agentName("bot") ?? "", clock.now());
    let answer = (): void => undefined;
    store.slow = new Promise<void>((go) => {
      answer = go;
    });
    clock.advance(1001);
    const looking = stops.refresh?.(clock.now());
    await new Promise((go) => setTimeout(go, 0));
    expect(store.looks).toBe(2);
    await gate.stop({ agent: "bot" }, "again");
    answer();
    await looking;
    expect(stops.reason(agentName("bot") ?? "")).not.toBeNull();
    clock.advance(1001);
    expect(await gate.decide(tool("look"), bot)).toMatchObject({
      reason: "the run is stopped: agent bot: again",
    });
    await store.lift(agentName("bot") ?? "", clock.now());
    clock.advance(1001);
    expect(await gate.decide(tool("look"), bot)).toMatchObject({ code: "allowed" });
  });

  it("made again where its lifting was not heard of reaches the store", async () => {
    const { gate, clock, store, receipts } = sharing();
    await gate.stop({ agent: "bot" }, "rogue");
    await gate.stop({ agent: "bot" }, "rogue still");
    expect(store.rows).toHaveLength(1);
    await store.lift(agentName("bot") ?? "", clock.now());
    await gate.stop({ agent: "bot" }, "again");
    expect(store.rows.at(-1)).toMatchObject({ reason: "again" });
    expect((await receipts()).filter(({ body }) => body.type === "stop")).toHaveLength(2);
  });

  it("denies in its tenant alone where it names one", async () => {
    const { gate } = gateFixture();
    await gate.stop({ agent: "bot", tenant: "acme" }, "rogue");
    const codeIn = async (tenant?: string) =>
      (await gate.decide(tool("look"), { run: gate.run({ agent: "bot", ...(tenant && { tenant }) }) })).code;
    expect(await codeIn("acme")).toBe("run_stopped");
    expect(await codeIn("rival")).toBe("allowed");
    expect(await codeIn()).toBe("allowed");
    // Whatever names are made of, no two targets are taken for one.
    await gate.stop({ agent: 'a","b' }, "rogue");
    const other = gate.run({ agent: "a", tenant: "b" });
    expect(await gate.decide(tool("look"), { run: other })).toMatchObject({ code: "allowed" });
  });
});

describe("a stopped agent", () => {
  it("is denied in every run, with what is done on its behalf, and with a receipt", async () => {
    const { gate, receipts } = gateFixture();
    const open = gate.run({ agent: "bot" });
    await gate.stop({ agent: "bot" }, "rogue");
    const child = open.child({ agent: "helper" });
    for (const run of [open, child, gate.run({ id: "new", agent: "bot" })]) {
      expect(await gate.decide(tool("look"), { run })).toMatchObject({
        code: "run_stopped",
        terminal: true,
        reason: "the run is stopped: agent bot: rogue",
      });
    }
    const [stop] = await receipts();
    expect(stop?.body).toMatchObject({ type: "stop", agent: "bot", reason: "rogue" });
    expect(stop?.body).not.toHaveProperty("run");
    expect(await gate.decide(tool("look"), { run: gate.run({ agent: "helper" }) })).toMatchObject({
      outcome: "allow",
    });
  });

  it("is denied what it does in another's run, which goes on", async () => {
    const { gate } = gateFixture();
    await gate.stop({ agent: "bot" }, "rogue");
    const run = gate.run({ agent: "good" });
    expect(await gate.decide(tool("look"), { run, subject: { agent: "bot" } })).toMatchObject({
      code: "run_stopped",
      terminal: false,
    });
    expect(await gate.decide(tool("look"), { run })).toMatchObject({ outcome: "allow" });
  });

  it("is not taken for a run of its name, nor forgotten with old runs", async () => {
    const { gate, clock } = gateFixture();
    await gate.stop({ agent: "bot" }, "rogue");
    await gate.stop("old", "loop");
    expect(gate.run({ id: "bot" }).stopped).toBeNull();
    clock.advance(7 * 24 * 60 * 60 * 1000 + 1);
    await gate.stop("another", "loop");
    expect(gate.run({ id: "old" }).stopped).toBeNull();
    expect(gate.run({ agent: "bot" }).stopped).toBe("agent bot: rogue");
  });

  it("has to be named", async () => {
    const { gate } = gateFixture();
    await expect(gate.stop({ agent: "" }, "rogue")).rejects.toThrow();
    await expect(gate.stop({} as { agent: string }, "rogue")).rejects.toThrow(/say why/);
    await expect(gate.stop({ agent: "bot" }, "")).rejects.toThrow(/say why/);
    await expect(gate.stop({ agent: "bot", user: "alice" } as never, "rogue")).rejects.toThrow(/say why/);
  });
});
