import { InvalidAction, type Run, type Subject } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { createIdentity } from "@tollgate/core/identity";
import { describe, expect, it } from "vitest";
import { dollars, type GateFixture, gateFixture, tool } from "./gate-fixture.ts";

const acme: Subject = { agent: "bot", tenant: "acme" };
const rival: Subject = { agent: "bot", tenant: "rival" };

/** A gate that knows a credential of each tenant, until it is revoked. */
function twoTenants(options: Parameters<typeof gateFixture>[0] = {}): GateFixture & {
  readonly revoked: Set<string>;
  open(credential: "acme" | "rival", id?: string): Run;
  code(run: Run, name?: string): Promise<string>;
} {
  const revoked = new Set<string>();
  const fixture = gateFixture({
    identity: createIdentity((credential) => ({
      subject: credential === "acme" ? acme : rival,
      expiresAt: Number.POSITIVE_INFINITY,
      revoked: () => revoked.has(credential),
    })),
    ...options,
  });
  return {
    ...fixture,
    revoked,
    open: (credential, id = "thread-1") => fixture.gate.run({ id, credential }),
    code: async (run, name = "pay") => (await fixture.gate.decide(tool(name), { run })).code,
  };
}

const asking = [evaluator("ask", () => ({ decision: "require_approval" as const, reason: "who says so?" }))];

describe("an approval", () => {
  it("that one credential got is none for another, also in a run of the same id", async () => {
    const { gate, open, code } = twoTenants({ evaluators: asking });
    expect(await code(open("acme"))).toBe("approval_required");
    const [asked] = await gate.approvals.list();
    expect(asked?.subject).toEqual(acme);
    await gate.approvals.grant(asked?.id ?? "", { by: "boss" });
    expect(await code(open("rival"))).toBe("approval_required");
    expect(await code(open("acme"))).toBe("allowed");
  });

  it("is not used up by a credential that was revoked since", async () => {
    const { gate, open, code, revoked } = twoTenants({ evaluators: asking });
    const run = open("acme");
    expect(await code(run)).toBe("approval_required");
    const [asked] = await gate.approvals.list();
    await gate.approvals.grant(asked?.id ?? "", { by: "boss" });
    revoked.add("acme");
    expect(await code(run)).toBe("identity_denied");
    revoked.delete("acme");
    expect(await code(run)).toBe("allowed");
  });
});

describe("an agent's stop", () => {
  it("is by its name and its tenant, or in every tenant: one that names more is refused", async () => {
    const { gate, open, code } = twoTenants();
    const one = gate.stop({ agent: "bot", user: "alice" } as never, "revoked");
    await expect(one).rejects.toThrow(InvalidAction);
    expect(await code(open("acme"))).toBe("allowed");
    await gate.stop({ agent: "bot", tenant: "acme" }, "revoked");
    expect(await code(open("acme"))).toBe("run_stopped");
    expect(await code(open("rival"))).toBe("allowed");
    await gate.stop({ agent: "bot" }, "revoked");
    expect(await code(open("acme"))).toBe("run_stopped");
    expect(await code(open("rival"))).toBe("run_stopped");
  });
});

describe("two credentials that open runs of one id", () => {
  it("share the budget of the run, unless it is parted by who acts", async () => {
    const perRun = { id: "run", limit: "1 calls", per: "run" } as const;
    const shared = twoTenants({ budgets: [perRun] });
    expect(await shared.code(shared.open("rival"))).toBe("allowed");
    expect(await shared.code(shared.open("acme"))).toBe("budget_exceeded");
    const parted = twoTenants({ budgets: [{ ...perRun, by: ["tenant"] }] });
    expect(await parted.code(parted.open("rival"))).toBe("allowed");
    expect(await parted.code(parted.open("acme"))).toBe("allowed");
  });

  it("share its stop, and each other's money they do not", async () => {
    const { open, code, gate } = twoTenants({
      budgets: [dollars("$1", { by: ["tenant"] })],
      evaluators: [
        evaluator("end", ({ name }) =>
          name === "end" ? { decision: "deny", reason: "no", terminal: true } : { decision: "allow" },
        ),
      ],
    });
    const [ours, theirs] = [open("acme"), open("rival")];
    const costly = { ...tool("pay"), amounts: { usd: "$0.40" } };
    await (await gate.decide(costly, { run: ours })).permit?.settle();
    await (await gate.decide(costly, { run: theirs })).permit?.settle();
    const spent = (await gate.balances()).map(({ partition, spent: amount }) => [partition, amount]);
    expect(spent.sort()).toEqual([
      ["tenant=acme", 400_000_000n],
      ["tenant=rival", 400_000_000n],
    ]);
    expect(await code(theirs, "end")).toBe("policy_denied");
    expect(await code(ours)).toBe("run_stopped");
    expect(await code(open("acme", "acme/thread-1"))).toBe("allowed");
  });

  it("do not get each other's permits by a key", async () => {
    const { gate, open } = twoTenants();
    const keyed = { ...tool("pay"), key: "once" };
    const first = await gate.decide(keyed, { run: open("acme") });
    expect(first.code).toBe("allowed");
    const second = await gate.decide(keyed, { run: open("rival") });
    expect([second.code, second.permit]).toEqual(["idempotency_conflict", null]);
    await first.permit?.settle();
  });

  it("do not stop anything by a credential that is refused", async () => {
    const { open, code, revoked } = twoTenants({
      evaluators: [evaluator("end", () => ({ decision: "deny", reason: "no", terminal: true }))],
    });
    revoked.add("rival");
    expect(await code(open("rival"))).toBe("identity_denied");
    expect(open("acme").stopped).toBe(null);
    expect(await code(open("acme"))).toBe("policy_denied");
  });
});
