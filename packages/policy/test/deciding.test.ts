import { InvalidPolicy } from "@tollgate/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { actionOf, contextOf, gateOf, policyOf } from "./policy-fixture.ts";

const tool = (name: string, params: unknown = {}) => ({ kind: "tool", name, params }) as const;

describe("a policy's rules", () => {
  it("decide by the highest priority that matches, and within it by the most restrictive", async () => {
    const { gate } = gateOf(
      policyOf(`
otherwise: deny
rules:
  - { id: tools, when: action.kind == "tool", then: allow }
  - { id: payments, when: action.name.startsWith("pay_"), then: require_approval, reason: money }
  - { id: large, when: action.name == "pay_out" && params.amount > 100, then: deny, reason: too much }
  - { id: admin, priority: 5, when: has(subject.role) && subject.role == "admin", then: allow }
`),
    );
    const outcome = async (name: string, params: unknown, subject = {}): Promise<string> => {
      const { outcome: said, rules } = await gate.decide(tool(name, params), { subject });
      return `${said} ${rules}`;
    };
    expect(await outcome("search", {})).toBe("allow policy/tools");
    expect(await outcome("pay_out", { amount: 5 })).toBe("require_approval policy/payments");
    expect(await outcome("pay_out", { amount: 500 })).toBe("deny policy/large");
    expect(await outcome("pay_out", { amount: 500 }, { role: "admin" })).toBe("allow policy/admin");
    expect(await outcome("pay_out", { amount: "5" })).toBe("deny policy/large");
    expect((await gate.decide({ kind: "llm", name: "gpt-4o", params: {} })).reason).toBe(
      "no rule of the policy allows it",
    );
  });

  it("deny, stop, skip, degrade and ask, each with its reason", async () => {
    const { gate } = gateOf(
      policyOf(`
rules:
  - { id: halt, when: action.name == "halt", then: stop, reason: enough }
  - { id: pass, when: action.name == "pass", then: { skip: { result: { ok: [1, null] } } }, reason: not now }
  - id: cheap
    when: action.kind == "llm"
    then: { degrade: { model: gpt-4o-mini, maxOutputTokens: 50, params: { temperature: 0 } } }
    reason: it is cheap
  - id: ask
    when: action.name == "ask"
    then: { require_approval: { role: lead, ttl: 30m } }
    reason: who knows
prices: { unknown: allow }
`),
    );
    const skipped = await gate.decide(tool("pass"));
    expect(skipped).toMatchObject({ outcome: "skip", result: { ok: [1, null] }, reason: "not now" });
    const degraded = await gate.decide(
      { kind: "llm", name: "gpt-4o", params: { a: 1 } },
      { accepts: ["model", "maxOutputTokens", "params"] },
    );
    expect(degraded.action).toMatchObject({
      name: "gpt-4o-mini",
      maxOutputTokens: 50,
      params: { a: 1, temperature: 0 },
    });
    const asked = await gate.decide(tool("ask"));
    expect(asked.outcome).toBe("require_approval");
    expect(asked.approval).toMatchObject({ approver: "lead", reason: "who knows" });
    const run = gate.run();
    expect(await gate.decide(tool("halt"), { run })).toMatchObject({ outcome: "deny", terminal: true });
    expect(await gate.decide(tool("search"), { run })).toMatchObject({ code: "run_stopped" });
  });

  it("see where budgets stand, for the balance of the one who asks", async () => {
    const { gate } = gateOf(
      policyOf(`
budgets: [{ id: daily, limit: 4 calls, per: day, by: [user] }]
rules: [{ id: half, when: 'budget["daily"].ratio >= 0.5 && budget["daily"].left == 2', then: deny, reason: half is gone }]
`),
    );
    const decide = async (user: string): Promise<string> =>
      (await gate.decide(tool("x"), { subject: { user } })).outcome;
    expect([await decide("a"), await decide("a"), await decide("a"), await decide("b")]).toEqual([
      "allow",
      "allow",
      "deny",
      "allow",
    ]);
    expect((await gate.decide(tool("x"))).reason).toContain("subject.user is missing");
  });

  it("wait for a ledger that answers later", async () => {
    const policy = policyOf(
      "budgets: [{ id: d, limit: $1 }]\nrules: [{ id: a, when: 'budget[\"d\"].spent > 0', then: deny, reason: x }]",
    );
    const balance = {
      budget: "d",
      partition: "",
      window: "total",
      endsAt: null,
      unit: "usd",
      limit: 1n,
      spent: 1n,
      held: 0n,
    };
    const context = contextOf({ balances: async () => [balance] });
    expect((await policy.explain(actionOf(), context)).verdict.decision).toBe("deny");
  });

  it("brake a loop: the same tool and arguments again and again in a run, over all of its handles", async () => {
    const { gate } = gateOf(
      policyOf(
        'rules: [{ id: loop, when: action.kind == "tool" && run.repeats >= 5, then: stop, reason: a loop }]',
      ),
    );
    const outcomes: string[] = [];
    for (let call = 0; call < 5; call++) {
      outcomes.push((await gate.decide(tool("search", { q: 1 }), { run: gate.run({ id: "r" }) })).outcome);
    }
    expect(outcomes).toEqual(["allow", "allow", "allow", "allow", "deny"]);
    expect((await gate.decide(tool("other"), { run: gate.run({ id: "r" }) })).code).toBe("run_stopped");
  });

  it.each([
    [
      "2026-11-20T22:30:00Z",
      "Europe/Berlin",
      'time.hour == 23 && time.minute == 30 && time.weekday == "friday"',
    ],
    [
      "2026-11-20T23:30:00Z",
      "Europe/Berlin",
      'time.hour == 0 && time.weekday == "saturday" && time.date == "2026-11-21"',
    ],
    ["2026-07-01T00:00:00Z", "America/New_York", "time.hour == 20"],
    [
      "2026-11-22T12:00:00Z",
      "UTC",
      'time.weekday == "sunday" && time.zone == "UTC" && time.now == 1795348800000',
    ],
  ])("know what the clock shows at %s in %s", async (now, zone, when) => {
    const policy = policyOf(`timeZone: ${zone}\nrules: [{ id: a, when: '${when}', then: deny, reason: x }]`);
    const { verdict } = await policy.explain(actionOf(), contextOf({ now: Date.parse(now) }));
    expect(verdict.decision).toBe("deny");
  });

  it("bound what one decision costs over all of them", async () => {
    const rules = Array.from(
      { length: 20 },
      (_, index) => `  - { id: r${index}, when: 'params.list.all(x, x >= ${index})', then: allow }`,
    );
    const policy = policyOf(`rules:\n${rules.join("\n")}`, { maxSteps: 5_000, env: {} });
    const params = { list: Array.from({ length: 400 }, () => 50) };
    const { verdict, rules: asked } = await policy.explain(actionOf({ params }), contextOf());
    expect(verdict).toMatchObject({
      decision: "deny",
      reason: expect.stringContaining("more than 5000 steps"),
    });
    expect(asked.some(({ answer }) => answer === "failed")).toBe(true);
  });
});

describe("roles", () => {
  const policy = policyOf(`
roles:
  analyst: { capability: read_only, tools: [search_*, read_file] }
  finance: { capability: payment_execute }
subjects:
  - { agent: finance-bot, role: finance }
capabilities:
  tools: { "pay_*": payment_execute, "*": read_only }
`);

  it.each([
    ["search_web", { role: "analyst" }, "allow"],
    ["pay_out", { role: "analyst" }, 'the role "analyst" has no tool "pay_out"'],
    ["pay_out", { role: "finance" }, "allow"],
    ["pay_out", { agent: "finance-bot" }, "allow"],
    ["search_web", { agent: "finance-bot", role: "analyst" }, 'claims the role "analyst", and has finance'],
    ["search_web", {}, "subject.role is missing"],
    ["search_web", { role: "nobody" }, 'the policy has no role "nobody"'],
  ])("%s of %o: %s", async (name, subject, answer) => {
    const { gate } = gateOf(policy);
    const decision = await gate.decide(tool(name), { subject });
    expect(`${decision.outcome} ${decision.reason}`).toContain(answer);
  });
});

describe("the order in which rules are written", () => {
  const whens = [
    "true",
    'action.kind == "tool"',
    'action.name == "a"',
    'action.name.startsWith("a")',
    "params.n > 1",
    "params.n > 1 && action.name == 'b'",
    "run.steps > 3",
    "has(params.n)",
    'action.name == "a" || action.name == "b"',
    '!(action.name == "a")',
    'action.name.endsWith("b")',
    'action.kind == "llm" || action.name in ["ab", "b"]',
    '(action.kind == "llm" || action.name == "b") && params.n > 1',
  ];
  const thens = [
    "then: allow",
    "then: deny",
    "then: stop",
    "then: { skip: { result: 1 } }",
    "then: { skip: { result: 2 } }",
    "then: { degrade: { model: b, maxOutputTokens: 5 } }",
    "then: { degrade: { model: c, params: { x: 1 } } }",
    "then: { degrade: { params: { x: 2, y: 3 }, maxOutputTokens: 9 } }",
    "then: { require_approval: { role: lead } }",
    "then: { require_approval: { role: boss, ttl: 5m } }",
  ];
  const rules = fc.uniqueArray(
    fc.record({
      when: fc.constantFrom(...whens),
      then: fc.constantFrom(...thens),
      priority: fc.constantFrom(0, 1),
    }),
    { selector: ({ when, then, priority }) => `${when} ${then} ${priority}`, minLength: 1, maxLength: 6 },
  );
  const action = fc.record({
    kind: fc.constantFrom("tool", "llm"),
    name: fc.constantFrom("a", "ab", "b"),
    params: fc.constantFrom({}, { n: 1 }, { n: 2 }, { n: "2" }),
  });

  const lineOf = (
    { when, then, priority }: { when: string; then: string; priority: number },
    index: number,
  ) =>
    `  - { id: r${index}, priority: ${priority}, when: ${JSON.stringify(when)}, ${then}, reason: because ${index} }`;

  const verdictOf = async (lines: readonly string[], asked: object): Promise<object> => {
    const policy = policyOf(`rules:\n${lines.join("\n")}`);
    return (await policy.explain(actionOf(asked), contextOf())).verdict;
  };

  it("never changes a decision, or the digest", async () => {
    await fc.assert(
      fc.asyncProperty(rules, action, fc.integer({ min: 0, max: 6 }), async (made, asked, turn) => {
        const lines = made.map(lineOf);
        const turned = [...lines.slice(turn), ...lines.slice(0, turn)].reverse();
        const answerOf = async (written: readonly string[]): Promise<unknown> => {
          try {
            const { digest } = policyOf(`rules:\n${written.join("\n")}`);
            return [digest, await verdictOf(written, asked)];
          } catch (error) {
            // Shadowed rules are refused, whatever the order.
            if (!(error instanceof InvalidPolicy)) throw error;
            return error.problems.map(({ message }) => message.replaceAll(/: rule .*/g, "")).sort();
          }
        };
        expect(await answerOf(turned)).toEqual(await answerOf(lines));
      }),
      { numRuns: 400 },
    );
  });

  it("of budgets changes nothing, either: where two degrade to different models the first id does", async () => {
    const budgets = ["a", "b"].map(
      (id) =>
        `  - { id: ${id}, limit: $2, match: { kind: llm }, then: degrade, degrade: { model: cheap-${id} } }\n`,
    );
    const decide = async (written: readonly string[]): Promise<unknown> => {
      const prices = "prices: { models: { 'cheap-*': { perCall: $1 }, dear: { perCall: $3 } } }\n";
      const { gate } = gateOf(policyOf(`${prices}budgets:\n${written.join("")}`));
      const { action, receipt } = await gate.decide(
        { kind: "llm", name: "dear", provider: "p" },
        { accepts: ["model"] },
      );
      return [action.name, receipt?.body.type === "decision" && receipt.body.decision.policy];
    };
    const first = await decide(budgets);
    expect(first).toEqual(["cheap-a", expect.stringMatching(/^sha256:/)]);
    expect(await decide(budgets.toReversed())).toEqual(first);
  });

  it("is not what the index goes by: rules that it passes over would not have matched", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(rules, action, async (made, asked) => {
        // Nothing is known of a condition that is compared with true.
        const hidden = made.map((rule) => ({ ...rule, when: `(${rule.when}) == true` }));
        const known = await verdictOf(made.map(lineOf), asked).catch(() => null);
        const unknown = await verdictOf(hidden.map(lineOf), asked).catch(() => null);
        if (known === null || unknown === null) return;
        compared += 1;
        expect(known).toEqual(unknown);
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
