// biome-ignore-all lint/suspicious/noThenProperty: a budget's `then` is a word, never called.
import { describe, expect, it } from "vitest";
import type { BudgetInput } from "./budget.ts";
import { type ClaimsRequest, createClaims } from "./claims.ts";
import { parseBudgets } from "./parse-budgets.ts";

const request: ClaimsRequest = {
  subjects: [{ tenant: "acme", user: "alice", agent: "bot" }],
  rootRun: "root",
  now: Date.parse("2026-11-20T12:00Z"),
  action: { kind: "llm", name: "gpt-4o" },
  amounts: { usd: 90n, tokens: 5000n, calls: 1n },
  unknown: [],
};

/** Claims of one request against budgets that have the id `b0`, `b1`, ... and a limit in usd unless given. */
function ask(budgets: Partial<BudgetInput>[], changes: Partial<ClaimsRequest> = {}) {
  const inputs = budgets.map((budget, index) => ({ id: `b${index}`, limit: "$5.00", ...budget }));
  return createClaims(parseBudgets(inputs))({ ...request, ...changes });
}

/** The claims alone; fails when there are none to tell. */
function claims(budgets: Partial<BudgetInput>[], changes: Partial<ClaimsRequest> = {}) {
  const answer = ask(budgets, changes);
  if (answer.status !== "claims") throw new Error(`expected claims, got ${answer.status}`);
  return answer.claims.map(({ claim }) => claim);
}

const partitions = (budget: Partial<BudgetInput>, changes: Partial<ClaimsRequest> = {}) =>
  claims([budget], changes).map(({ partition }) => partition);

describe("claims", () => {
  it("says everything the ledger needs, and which budget it comes from", () => {
    const answer = ask([{ per: "day", timeZone: "America/New_York", by: ["user", "tenant"] }]);
    expect(answer).toMatchObject({
      status: "claims",
      claims: [
        {
          claim: {
            budget: "b0",
            partition: "tenant=acme&user=alice",
            window: "2026-11-20T05:00:00Z",
            endsAt: Date.parse("2026-11-21T05:00Z"),
            unit: "usd",
            amount: 90n,
            limit: 5_000_000_000n,
            soft: false,
          },
          budget: { id: "b0" },
        },
      ],
    });
  });

  it("are none without budgets", () => {
    expect(ask([])).toEqual({ status: "claims", claims: [] });
  });

  it("follow the root run where the budget is per run", () => {
    expect(claims([{ per: "run" }])[0]).toMatchObject({ window: "run:root", endsAt: null });
  });

  it.each([
    ["degrade", true],
    ["skip", true],
    ["require_approval", true],
    ["deny", false],
    ["stop", false],
  ] as const)("of a budget that answers %s have soft: %s", (then, soft) => {
    const degrade = then === "degrade" ? { degrade: { model: "m" } } : {};
    expect(claims([{ then, ...degrade }])[0]?.soft).toBe(soft);
  });

  it("take each budget's own unit, also an amount of 0, and none for a unit that is not used", () => {
    const budgets = [{ limit: "10k tokens" }, { limit: "5 emails" }, { limit: "9 calls" }];
    const found = claims(budgets, { amounts: { tokens: 0n, calls: 1n, usd: 3n } });
    expect(found.map(({ budget, amount }) => [budget, amount])).toEqual([
      ["b0", 0n],
      ["b2", 1n],
    ]);
  });

  it("do not take a unit named like a member of every object for one that is used", () => {
    expect(claims([{ limit: "5 constructor" }])).toEqual([]);
    expect(claims([{ limit: "5 constructor" }], { amounts: { constructor: 2n } as never })).toHaveLength(1);
  });
});

describe("matching", () => {
  it.each<[string, BudgetInput["match"], boolean]>([
    ["everything", {}, true],
    ["its kind", { kind: "llm" }, true],
    ["one of its kinds", { kind: ["tool", "llm"] }, true],
    ["another kind", { kind: "tool" }, false],
    ["its name", { name: "gpt-4o" }, true],
    ["the beginning of its name", { name: ["o3", "gpt-*"] }, true],
    ["every name", { name: "*" }, true],
    ["a longer name", { name: "gpt-4o-mini" }, false],
    ["a shorter name", { name: "gpt-4" }, false],
    ["a name in another case", { name: "GPT-4o" }, false],
    ["its tenant", { tenant: "acme" }, true],
    ["another tenant", { tenant: "evil" }, false],
    ["one of its users", { user: ["bob", "alice"] }, true],
    ["its tenant but another user", { tenant: "acme", user: "bob" }, false],
  ])("by %s counts or passes over the action", (_, match, counts) => {
    expect(claims([{ match: match ?? {} }])).toHaveLength(counts ? 1 : 0);
  });

  it("needs nothing of the subject for an action of another kind or name", () => {
    const budget: Partial<BudgetInput> = { by: ["session"], match: { kind: "tool" } };
    expect(claims([budget, { by: ["session"], match: { name: "o3" } }])).toEqual([]);
  });

  it("needs nothing of the subject for a unit that the action does not use", () => {
    expect(claims([{ by: ["session"], limit: "5 emails" }])).toEqual([]);
  });
});

describe("a field that the acting subject lacks", () => {
  it("is told where the budget is partitioned by it", () => {
    const answer = ask([{}, { by: ["tenant", "session"] }]);
    expect(answer).toMatchObject({ status: "missing_field", budget: { id: "b1" }, field: "session" });
  });

  it("is told where the budget matches by it", () => {
    expect(ask([{ match: { role: "admin" } }])).toMatchObject({ status: "missing_field", field: "role" });
  });

  it("is not needed where another field already says no", () => {
    expect(claims([{ match: { role: "admin", tenant: "evil" } }])).toEqual([]);
    expect(claims([{ match: { tenant: "evil" }, by: ["session"] }])).toEqual([]);
    // The field that says no comes after the missing one.
    expect(claims([{ match: { tenant: "acme", agent: "other" } }], { subjects: [{ agent: "bot" }] })).toEqual(
      [],
    );
  });

  it("is needed of the acting subject even where an ancestor has it", () => {
    const subjects = [{ tenant: "acme" }, { tenant: "acme", user: "alice" }];
    expect(ask([{ by: ["user"] }], { subjects })).toMatchObject({ status: "missing_field", field: "user" });
  });

  it("is told before an amount that is not known", () => {
    const answer = ask([{ by: ["session"] }], { amounts: {}, unknown: ["usd"] });
    expect(answer).toMatchObject({ status: "missing_field", field: "session" });
  });
});

describe("ancestors", () => {
  const child = { tenant: "acme", user: "alice", agent: "researcher" };
  const parent = { tenant: "acme", user: "alice", agent: "boss" };

  it("add no claim where they share the partition", () => {
    expect(partitions({ by: ["user"] }, { subjects: [child, parent] })).toEqual(["user=alice"]);
    expect(partitions({}, { subjects: [child, parent] })).toEqual([""]);
  });

  it("are claimed on too where their partition is another one, each for the whole amount", () => {
    const found = claims([{ by: ["agent"] }], { subjects: [child, parent, child] });
    expect(found.map(({ partition, amount }) => [partition, amount])).toEqual([
      ["agent=researcher", 90n],
      ["agent=boss", 90n],
    ]);
  });

  it("draw on a budget that counts them and not the acting subject", () => {
    expect(partitions({ match: { agent: "boss" }, by: ["agent"] }, { subjects: [child, parent] })).toEqual([
      "agent=boss",
    ]);
  });

  it("are passed over where they lack a field", () => {
    const subjects = [{ ...child, session: "s1" }, parent];
    expect(partitions({ by: ["session"] }, { subjects })).toEqual(["session=s1"]);
  });

  it("do not mix the claims of two budgets", () => {
    const found = claims([{ by: ["user"] }, { by: ["user"] }], { subjects: [child, parent] });
    expect(found.map(({ budget }) => budget)).toEqual(["b0", "b1"]);
  });
});

describe("an amount that is not known", () => {
  it("is told where a budget counts its unit", () => {
    const answer = ask([{ limit: "5 calls" }, {}], { amounts: { calls: 1n }, unknown: ["usd"] });
    expect(answer).toMatchObject({ status: "unknown_amount", budget: { id: "b1" }, unit: "usd" });
  });

  it("wins over an amount of the same unit", () => {
    expect(ask([{}], { unknown: ["usd"] })).toMatchObject({ status: "unknown_amount" });
  });

  it("is no matter where no budget counts the action or its unit", () => {
    const budgets: Partial<BudgetInput>[] = [
      { match: { kind: "tool" } },
      { match: { tenant: "evil" } },
      { limit: "5 calls" },
    ];
    expect(claims(budgets, { amounts: { calls: 1n }, unknown: ["usd"] })).toHaveLength(1);
  });

  it("is told where the budget counts an ancestor alone", () => {
    const subjects = [{ agent: "child" }, { agent: "boss" }];
    const answer = ask([{ match: { agent: "boss" } }], { subjects, unknown: ["usd"] });
    expect(answer).toMatchObject({ status: "unknown_amount", unit: "usd" });
  });
});

describe("partitions", () => {
  it("are named in the order tenant, user, agent, role, session", () => {
    const subject = { tenant: "t", user: "u", agent: "a", role: "r", session: "s" };
    const by = ["session", "role", "agent", "user", "tenant"] as const;
    expect(partitions({ by }, { subjects: [subject] })).toEqual(["tenant=t&user=u&agent=a&role=r&session=s"]);
  });

  it.each([
    ["a&user=b", "tenant=a%26user%3Db"],
    ["Zoë / 1%", "tenant=Zo%C3%AB%20%2F%201%25"],
    ["plain-1_2.3~4", "tenant=plain-1_2.3~4"],
    ["line\nbreak", "tenant=line%0Abreak"],
    ["a\n", "tenant=a%0A"],
  ])("escape %j, so that no two subjects share one", (tenant, partition) => {
    expect(partitions({ by: ["tenant"] }, { subjects: [{ tenant }] })).toEqual([partition]);
  });
});
