import { type Approval, type ApprovalStore, type GateFailure, gateBudget } from "@tollgate/core";
import { memoryApprovals } from "@tollgate/core/driver";
import { evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, gateFixture, tool } from "./gate-fixture.ts";

const careful = evaluator("careful", () => ({ decision: "require_approval", reason: "always" }));
const pay = tool("pay", { to: "bob" });

/** Lets everything go on that waits for no timer. */
const turn = () => new Promise((go) => setTimeout(go, 0));

/** A store whose methods fail or keep silent as long as a test says so. */
function moody() {
  const right = memoryApprovals();
  const mood: { is: "well" | "down" | "silent"; asked: string[] } = { is: "well", asked: [] };
  /** What was done while it was silent, to be answered late. */
  const late: (() => void)[] = [];
  const through =
    <Args extends readonly unknown[], Answer>(name: string, method: (...args: Args) => Answer) =>
    async (...args: Args): Promise<Awaited<Answer>> => {
      mood.asked.push(name);
      if (mood.is === "down") throw new Error("the store is down");
      const answer = await method(...args);
      if (mood.is === "silent") await new Promise<void>((answerNow) => late.push(answerNow));
      return answer;
    };
  const store: ApprovalStore = {
    ask: through("ask", right.ask.bind(right)),
    answer: through("answer", right.answer.bind(right)),
    giveBack: through("giveBack", right.giveBack.bind(right)),
    withdraw: through("withdraw", right.withdraw.bind(right)),
    expire: through("expire", right.expire.bind(right)),
    get: through("get", right.get.bind(right)),
    list: through("list", right.list.bind(right)),
  };
  const answerAll = async (): Promise<void> => {
    mood.is = "well";
    for (const answerNow of late.splice(0)) answerNow();
    await turn();
  };
  return { store, mood, right, answerAll };
}

describe("a grant", () => {
  it("is good under the policy that it was asked for under, and no other", async () => {
    let policy = { digest: `sha256:${"a".repeat(64)}` };
    const fixture = gateFixture({ evaluators: [careful], policy: () => policy });
    const run = fixture.gate.run();
    const first = await fixture.gate.decide(pay, { run });
    expect(first.approval).toMatchObject({ policy: policy.digest });
    await fixture.gate.approvals.grant(first.approval?.id ?? "", { by: "carol" });
    const before = policy;
    policy = { digest: `sha256:${"b".repeat(64)}` };
    const second = await fixture.gate.decide(pay, { run });
    expect(second).toMatchObject({ outcome: "require_approval", approval: { policy: policy.digest } });
    policy = before;
    const used = await fixture.gate.decide(pay, { run });
    expect(used).toMatchObject({ outcome: "allow", approval: { id: first.approval?.id, status: "used" } });
    expect(used.approval?.decision).toBe(used.receipt?.body.id);
    await fixture.check();
  });
});

describe("a store of approvals that fails", () => {
  it("denies what would have to be asked for, also where the gate fails open, and nothing else", async () => {
    const { store, mood } = moody();
    const fixture = gateFixture({
      approvals: store,
      failure: "open",
      budgets: [dollars("$1", { then: "require_approval" })],
    });
    mood.is = "down";
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    const denied = await fixture.gate.decide(costing("$1"));
    expect(denied).toMatchObject({ outcome: "deny", code: "store_failed", terminal: false });
    expect(denied.reason).toMatch(/the store is down/);
    await expect(fixture.gate.approvals.list()).rejects.toThrow(/the store is down/);
    mood.is = "well";
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ outcome: "require_approval" });
    await fixture.check();
  });

  it("leaves a grant used when it cannot take it back, and reports it", async () => {
    const { store, mood } = moody();
    const failures: GateFailure[] = [];
    const log = new FailingLog();
    const { gate } = gateFixture({
      approvals: store,
      evaluators: [careful],
      log,
      onFailure: (failure) => failures.push(failure),
    });
    const asked = await gate.decide(pay);
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    log.failure = "throws";
    const ask = store.ask;
    Object.assign(store, {
      ask: async (...args: Parameters<typeof ask>) => {
        const answer = await ask(...args);
        mood.is = "down";
        return answer;
      },
    });
    expect(await gate.decide(pay)).toMatchObject({ code: "receipt_log_failed" });
    mood.is = "well";
    expect(failures.map(({ during }) => during)).toContain("approval");
    expect(await gate.approvals.get(asked.approval?.id ?? "")).toMatchObject({ status: "used" });
  });
});

describe("a store of approvals that answers too late", () => {
  it("has its request withdrawn", async () => {
    const { store, mood, right, answerAll } = moody();
    const { gate, clock } = gateFixture({ approvals: store, evaluators: [careful] });
    await gate.decide(tool("pay"));
    mood.is = "silent";
    const deciding = gate.decide(tool("other"));
    await turn();
    clock.advance(5000);
    expect(await deciding).toMatchObject({ code: "store_failed" });
    expect(await right.list({ status: "all" })).toHaveLength(2);
    await answerAll();
    expect(await right.list({ status: "all" })).toHaveLength(1);
  });

  it("has the grant given back that it had used up", async () => {
    const { store, mood, answerAll } = moody();
    const { gate, clock } = gateFixture({ approvals: store, evaluators: [careful] });
    const id = (await gate.decide(pay)).approval?.id ?? "";
    await gate.approvals.grant(id, { by: "carol" });
    mood.is = "silent";
    const deciding = gate.decide(pay);
    await turn();
    clock.advance(5000);
    expect(await deciding).toMatchObject({ code: "store_failed" });
    await answerAll();
    expect(await gate.approvals.get(id)).toMatchObject({ status: "granted" });
    expect(await gate.decide(pay)).toMatchObject({ outcome: "allow" });
  });

  it("has the receipts written of what was answered and what ran out", async () => {
    const { store, mood, answerAll } = moody();
    const fixture = gateFixture({ approvals: store, evaluators: [careful] });
    const { gate, clock } = fixture;
    await gate.decide(tool("old"));
    clock.advance(60 * 60 * 1000 - 1);
    const id = (await gate.decide(pay)).approval?.id ?? "";
    const answer = store.answer;
    Object.assign(store, {
      answer: (...args: Parameters<typeof answer>) => {
        mood.is = "silent";
        return answer(...args);
      },
    });
    const granting = gate.approvals.grant(id, { by: "carol" });
    await turn();
    clock.advance(5000);
    await expect(granting).rejects.toThrow(/did not answer within/);
    mood.is = "silent";
    const listing = gate.approvals.list();
    await turn();
    clock.advance(5000);
    await expect(listing).rejects.toThrow(/did not answer within/);
    await answerAll();
    const steps = (await fixture.receipts()).flatMap(({ body }) =>
      body.type === "approval" ? [body.status] : [],
    );
    expect(steps.sort()).toEqual(["expired", "granted", "requested", "requested"]);
  });
});

describe("onApproval", () => {
  it("is told of each new request once, after its receipt, and before the call is refused", async () => {
    const told: [Approval, readonly string[]][] = [];
    const fixture = gateFixture({
      evaluators: [careful],
      onApproval: async (approval) => {
        const written = (await fixture.receipts()).map(({ body }) => body.type);
        told.push([approval, written]);
      },
    });
    const run = fixture.gate.run();
    const asked = await fixture.gate.decide(pay, { run });
    expect(told).toEqual([[asked.approval, ["decision", "approval"]]]);
    await fixture.gate.decide(pay, { run });
    expect(told).toHaveLength(1);
    await fixture.gate.decide(pay, { run: fixture.gate.run() });
    expect(told).toHaveLength(2);
  });

  it("is not told of what could not be recorded", async () => {
    const told: Approval[] = [];
    const log = new FailingLog();
    const { gate } = gateFixture({
      evaluators: [careful],
      log,
      onApproval: (approval) => told.push(approval),
    });
    await gate.decide(pay);
    log.failure = "throws";
    await gate.decide(tool("other"));
    expect(told).toHaveLength(1);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("the pager is off")), /the pager is off/],
    [
      "throws at once",
      () => {
        throw new Error("the pager is off");
      },
      /the pager is off/,
    ],
    ["takes too long", () => new Promise(() => undefined), /onApproval did not answer within 5000 ms/],
  ])("changes nothing when it %s; onFailure is told", async (_, onApproval, message) => {
    const failures: GateFailure[] = [];
    const { gate, clock } = gateFixture({
      evaluators: [careful],
      onApproval,
      onFailure: (failure) => failures.push(failure),
    });
    const deciding = gate.decide(pay);
    await turn();
    clock.advance(5000);
    const { approval, outcome } = await deciding;
    expect(outcome).toBe("require_approval");
    expect(failures).toMatchObject([
      { during: "approval", cause: { message: expect.stringMatching(message) } },
    ]);
    await gate.approvals.grant(approval?.id ?? "", { by: "carol" });
    await gateBudget(gate, pay);
  });
});

describe("a gate that is closed", () => {
  it("closes its stores of approvals and stops", async () => {
    const closed: string[] = [];
    const { gate } = gateFixture({
      approvals: { ...moody().store, close: () => void closed.push("approvals") },
      stops: { reason: () => null, stop: () => true, close: () => void closed.push("stops") },
    });
    await gate.close();
    expect(closed).toEqual(["approvals", "stops"]);
  });
});
