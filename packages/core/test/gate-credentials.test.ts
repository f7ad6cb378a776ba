import { findDenial, gateBudget, guard, InvalidAction, type Receipt, type Subject } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { createIdentity, type Verified } from "@tollgate/core/identity";
import { describe, expect, it } from "vitest";
import { clerk, credential, hour, identified } from "./credential-fixture.ts";
import { dollars, gateFixture, llm, tool } from "./gate-fixture.ts";

/** The decisions on record: code, and who it says acted. */
function said(receipts: readonly Receipt[]): readonly unknown[] {
  return receipts.flatMap(({ body }) =>
    body.type === "decision" ? [[body.decision.code, body.action.subject]] : [],
  );
}

describe("a gate with an identity", () => {
  it("lets a run act as whom its credential says, verified once", async () => {
    const { gate, receipts, verified, check } = identified();
    const run = gate.run({ credential });
    expect(run.subject).toEqual({});
    await Promise.all([gateBudget(run, llm()), gateBudget(run, tool("read"))]);
    await gateBudget(run.child(), llm());
    expect(run.subject).toEqual(clerk);
    expect(said(await receipts())).toEqual([
      ["allowed", clerk],
      ["allowed", clerk],
      ["allowed", clerk],
    ]);
    expect(verified()).toBe(1);
    await check();
  });

  it("verifies once also where that takes its time and many wait for it", async () => {
    let answer: (verified: Verified) => void = () => undefined;
    const { gate, verified, decisions } = identified({}, () => new Promise((resolve) => (answer = resolve)));
    const run = gate.run({ credential });
    const all = Promise.all([1, 2, 3].map(() => gateBudget(run, llm())));
    answer({ subject: clerk, expiresAt: hour * 1e6 });
    await all;
    expect(verified()).toBe(1);
    expect(await decisions()).toEqual(Array.from({ length: 3 }, () => "allow allowed"));
  });

  it("judges what was asked, also where its caller changes it while somebody is verified", async () => {
    const { gate } = identified({}, async (_, now) => ({ subject: clerk, expiresAt: now + hour }));
    const input = { ...tool("pay"), params: { amount: 1 }, key: "first" };
    const asked = gate.decide(input, { run: gate.run({ credential }) });
    Object.assign(input, { name: "other", key: "second" });
    input.params.amount = 1_000_000;
    const { action, permit } = await asked;
    expect([action.name, action.params, action.subject]).toEqual(["pay", { amount: 1 }, clerk]);
    await permit?.settle();
  });

  it.each([
    ["no credential", undefined, "no credential was shown"],
    ["an unknown one", "another", "nobody knows this credential"],
    ["an empty one", "", "the credential is not a text of 1 to 16384 characters"],
    [
      "one that is no text",
      { toString: (): string => credential },
      "the credential is not a text of 1 to 16384 characters",
    ],
    ["an endless one", "x".repeat(16_385), "the credential is not a text of 1 to 16384 characters"],
  ])("denies every action of a run with %s, each with a receipt", async (_what, shown, reason) => {
    const { gate, receipts, check } = identified();
    const run = gate.run({ credential: shown as string, agent: "bot" });
    for (const action of [
      llm(),
      tool("read"),
      { ...tool("read"), key: "k" },
      { ...tool("read"), key: "k" },
    ]) {
      const error = await gateBudget(run, action).catch((thrown: unknown) => thrown);
      expect(findDenial(error)?.code).toBe("action_denied");
      expect(findDenial(error)?.refusal).toMatchObject({
        reasonCode: "identity_denied",
        reason,
        terminal: false,
      });
    }
    const written = await receipts();
    expect(written.map(({ body }) => body.type === "decision" && body.decision.reason)).toEqual(
      Array.from({ length: 4 }, () => reason),
    );
    await check();
  });

  it("denies the default run, and whatever runs in it", async () => {
    const { gate, decisions } = identified();
    await expect(gateBudget(gate, llm())).rejects.toThrow(/no credential was shown/);
    await expect(guard(gate.defaultRun.child(), tool("read"), () => "read")).rejects.toThrow(/no credential/);
    expect(await decisions()).toEqual(["deny identity_denied", "deny identity_denied"]);
  });

  it("asks no evaluator and touches no money for who is not admitted", async () => {
    let asked = 0;
    const { gate, money } = gateFixture({
      budgets: [dollars("$1")],
      failure: "open",
      identity: createIdentity(() => ({ refused: "nobody" })),
      evaluators: [
        evaluator("watch", () => {
          asked += 1;
          return { decision: "allow" };
        }),
      ],
    });
    await expect(gateBudget(gate.run({ credential }), llm())).rejects.toThrow(/nobody/);
    expect(asked).toBe(0);
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
  });

  it.each<[string, Subject, string]>([
    ["another tenant", { tenant: "rival" }, 'tenant "rival"'],
    ["another role", { role: "admin" }, 'role "admin"'],
    ["another agent", { agent: "boss" }, 'agent "boss"'],
    ["a higher capability", { capability: "payment_execute" }, 'capability "payment_execute"'],
    ["a user that it does not say", { user: "alice" }, 'user "alice"'],
    ["a session that it does not say", { session: "s" }, 'session "s"'],
    ["no role", { role: undefined } as never, "leaving out its role"],
    ["no capability", { capability: undefined } as never, "leaving out its capability"],
  ])("refuses who claims %s, by run, by child and by action", async (_what, claims, problem) => {
    const { gate, receipts, check } = identified();
    const reason = `the credential of agent "bot" does not cover ${problem}`;
    const good = gate.run({ credential });
    await gateBudget(good, llm());
    await expect(gateBudget(gate.run({ credential, ...claims }), llm())).rejects.toThrow(reason);
    await expect(gateBudget(good.child(claims), llm())).rejects.toThrow(reason);
    await expect(gateBudget(good.child(claims).child(), llm())).rejects.toThrow(reason);
    const decision = await gate.decide(llm(), { run: good, subject: claims });
    expect(decision).toMatchObject({ outcome: "deny", code: "identity_denied", reason, permit: null });
    expect(said(await receipts()).map((line) => (line as unknown[])[0])).toEqual([
      "allowed",
      ...Array.from({ length: 4 }, () => "identity_denied"),
    ]);
    await gateBudget(good, llm());
    await check();
  });

  it("takes the gate's own subject as claimed, too", async () => {
    const identity = createIdentity((_, now) => ({ subject: clerk, expiresAt: now + hour }));
    const same = gateFixture({ identity, subject: { tenant: "acme" } });
    await gateBudget(same.gate.run({ credential }), llm());
    const other = gateFixture({ identity, subject: { tenant: "rival" } });
    await expect(gateBudget(other.gate.run({ credential }), llm())).rejects.toThrow(/tenant "rival"/);
  });

  it("lets the caller say what the credential says, less of it, and what it may fill in", async () => {
    const { gate, receipts } = identified({ callerFills: ["user", "session"] });
    const run = gate.run({ credential, tenant: "acme", capability: "read_only", user: "alice" });
    await gateBudget(run, llm());
    await gate.decide(llm(), { run, subject: { session: "s-1" } });
    const narrowed = { ...clerk, capability: "read_only", user: "alice" };
    expect(said(await receipts())).toEqual([
      ["allowed", narrowed],
      ["allowed", { ...narrowed, session: "s-1" }],
    ]);
  });

  it("does not let a child take back what its parent gave up, or be another user", async () => {
    const { gate } = identified({ callerFills: ["user"] });
    const run = gate.run({ credential, capability: "read_only", user: "alice" });
    await expect(gateBudget(run.child({ capability: "data_write" }), llm())).rejects.toThrow(/data_write/);
    await expect(gateBudget(run.child().child({ user: "bob" }), llm())).rejects.toThrow(/user "bob"/);
    await gateBudget(run.child({ user: "alice" }), llm());
  });

  it("charges the budgets of whom the credential says", async () => {
    const fixture = gateFixture({
      budgets: [dollars("$1", { by: ["tenant", "agent"] })],
      identity: createIdentity((_, now) => ({ subject: clerk, expiresAt: now + hour })),
    });
    await (
      await gateBudget(fixture.gate.run({ credential }).child(), llm({ amounts: { usd: "$0.5" } }))
    ).settle();
    const [balance] = await fixture.gate.balances();
    expect(balance).toMatchObject({ partition: "tenant=acme&agent=bot", spent: 500_000_000n });
    await fixture.check();
  });

  it("denies the next action once the credential has expired, and settles what went out", async () => {
    const { gate, clock, decisions, check } = identified();
    const run = gate.run({ credential });
    const permit = await gateBudget(run, llm());
    clock.advance(hour - 1);
    await gateBudget(run, llm());
    clock.advance(1);
    await permit.settle();
    await expect(gateBudget(run, llm())).rejects.toThrow(/the credential has expired/);
    await expect(gateBudget(run.child(), llm())).rejects.toThrow(/the credential has expired/);
    expect(await decisions()).toEqual([
      "allow allowed",
      "allow allowed",
      "deny identity_denied",
      "deny identity_denied",
    ]);
    await check();
  });

  it("does not hand a key's permit to who is not admitted, nor spoil the key for who is", async () => {
    const { gate } = identified();
    const keyed = { ...tool("pay"), key: "once" };
    const thief = gate.run({ id: "r", ...clerk, credential: "another" });
    await expect(gateBudget(thief, keyed)).rejects.toThrow(/nobody knows/);
    const permit = await gateBudget(gate.run({ id: "r", credential }), keyed);
    await expect(gateBudget(thief, keyed)).rejects.toThrow(/nobody knows/);
    await permit.settle();
  });

  it("does not count who is not admitted among the steps of the run that it names", async () => {
    const steps: number[] = [];
    const { gate } = gateFixture({
      identity: createIdentity((text, now) =>
        text === credential ? { subject: clerk, expiresAt: now + hour } : { refused: "nobody" },
      ),
      evaluators: [
        evaluator("steps", (_, { run }) => {
          steps.push(run.steps);
          return { decision: "allow" };
        }),
      ],
    });
    await expect(gateBudget(gate.run({ id: "r", credential: "x" }), llm())).rejects.toThrow(/nobody/);
    await gateBudget(gate.run({ id: "r", credential }), llm());
    expect(steps).toEqual([1]);
  });

  it("does not let who is not admitted have a run's steps forgotten", async () => {
    const steps: number[] = [];
    const { gate } = gateFixture({
      identity: createIdentity((text, now) =>
        text === credential ? { subject: clerk, expiresAt: now + hour } : { refused: "nobody" },
      ),
      evaluators: [
        evaluator("steps", (_, { run }) => {
          steps.push(run.steps);
          return { decision: "allow" };
        }),
      ],
    });
    const once = () => gate.decide(tool("read"), { run: gate.run({ id: "r", credential }) });
    await once();
    // One more than are remembered.
    for (let other = 0; other <= 10_000; other++) gate.run({ id: `r-${other}`, credential: "x" });
    await once();
    expect(steps).toEqual([1, 2]);
  });

  it("stops an agent by the name that its credential says", async () => {
    const { gate } = identified();
    const run = gate.run({ credential });
    await gateBudget(run, llm());
    await gate.stop({ agent: "bot" }, "revoked");
    await expect(gateBudget(run, llm())).rejects.toThrow(/revoked/);
    await expect(gateBudget(gate.run({ credential }), llm())).rejects.toThrow(/revoked/);
  });

  it("says in shadow mode what it would have refused, and changes nothing", async () => {
    const { gate, decisions } = gateFixture({
      mode: "shadow",
      identity: createIdentity(() => ({ refused: "nobody" })),
    });
    const decision = await gate.decide(llm(), { run: gate.run({ credential }) });
    expect(decision).toMatchObject({
      outcome: "allow",
      shadow: { outcome: "deny", code: "identity_denied" },
    });
    expect(await decisions()).toEqual(["deny identity_denied"]);
  });

  it("refuses a credential where nobody would look at it", async () => {
    const { gate } = gateFixture();
    expect(() => gate.run({ credential })).toThrow(InvalidAction);
    const known = identified();
    expect(() => known.gate.run({ credential }).child({ credential })).toThrow(InvalidAction);
    const error = await known.gate
      .decide(llm(), { subject: { credential } as never })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InvalidAction);
    expect(String(error)).not.toContain(credential);
  });

  it("keeps no credential in anything that can be printed or written", async () => {
    const { inspect } = await import("node:util");
    const { gate, receipts } = identified();
    const run = gate.run({ credential, role: "admin" });
    const before =
      inspect(run, { depth: 9, showHidden: true }) +
      JSON.stringify({ ...run, gate: null, parent: null, counts: null });
    const error: unknown = await gateBudget(run, llm()).catch((thrown: unknown) => thrown);
    const text = [
      before,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(await receipts()),
    ].join("\n");
    expect(text).toContain("identity_denied");
    expect(text).not.toContain(credential);
  });
});
