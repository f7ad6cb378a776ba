import { createGate, createSigner, type GateOptions, type Receipt } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { diffPolicy } from "@tollgate/policy";
import { describe, expect, it } from "vitest";
import { policyOf } from "./policy-fixture.ts";

const signer = createSigner();

/** The receipts of calls that are settled at what they cost, one a minute. */
async function past(
  calls: readonly (readonly [name: string, usd: bigint, params?: object])[],
  options: GateOptions = {},
): Promise<readonly Receipt[]> {
  const clock = manualClock();
  const gate = createGate({ signer, clock, budgets: [{ id: "old", limit: "$100" }], ...options });
  const run = gate.run({ user: "alice" });
  for (const [name, usd, params = {}] of calls) {
    const { permit } = await gate.decide({ kind: "tool", name, params, amounts: { usd } }, { run });
    await permit?.settle({ amounts: { usd } });
    clock.advance(60_000);
  }
  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  return receipts;
}

const dollar = 1_000_000_000n;

describe("past decisions under another policy", () => {
  it("change where its rules and budgets say so, with the money that was spent", async () => {
    const receipts = await past([
      ["search", dollar],
      ["delete", 2n * dollar],
      ["search", 3n * dollar],
      ["search", 4n * dollar],
    ]);
    const policy = policyOf(`
budgets: [{ id: all, limit: $5.00, by: [user] }]
rules: [{ id: no-delete, when: action.name == "delete", then: deny, reason: never }]
`);
    const diff = await diffPolicy(policy, receipts);
    expect(diff).toMatchObject({ decisions: 4, untold: 0, spent: 10n * dollar, wouldSpend: 4n * dollar });
    expect(diff.changed.map(({ name, was, now, usd, rules }) => [name, was, now, usd, ...rules])).toEqual([
      ["delete", "allow", "deny", 2n * dollar, "policy/no-delete"],
      ["search", "allow", "deny", 4n * dollar, "all"],
    ]);
  });

  it("are told of the run as it was: its calls, what it spent and what it repeated", async () => {
    const receipts = await past([
      ["a", dollar, { q: 1 }],
      ["a", dollar, { q: 1 }],
      ["a", dollar, { q: 2 }],
    ]);
    const changed = async (when: string): Promise<readonly number[]> => {
      const policy = policyOf(`rules: [{ id: a, when: '${when}', then: deny, reason: x }]`);
      const decided = receipts.filter(({ body }) => body.type === "decision").map(({ body }) => body.id);
      return (await diffPolicy(policy, receipts)).changed.map(({ receipt }) => decided.indexOf(receipt));
    };
    expect(await changed("run.repeats == 2")).toEqual([1]);
    expect(await changed("run.calls >= 2")).toEqual([2]);
    expect(await changed('run.spent >= usd("$1")')).toEqual([1, 2]);
    expect(await changed("run.seconds >= 120")).toEqual([2]);
  });

  it("that were denied and would not be are told of, too", async () => {
    const receipts = await past([["search", 2n * dollar]], { budgets: [{ id: "old", limit: "$1" }] });
    const { changed } = await diffPolicy(policyOf("budgets: [{ id: new, limit: $3 }]"), receipts);
    expect(changed).toMatchObject([{ was: "deny", now: "allow", usd: 2n * dollar }]);
  });

  it("are not guessed at where they depend on parameters that no receipt has", async () => {
    const rules = 'rules: [{ id: a, when: action.name == "pay" && params.n > 1, then: deny, reason: x }]';
    const calls = [
      ["pay", dollar, { n: 5 }],
      ["search", dollar],
    ] as const;
    expect(await diffPolicy(policyOf(rules), await past(calls))).toMatchObject({ untold: 1, changed: [] });
    const sizes = rules.replace("params.n > 1", "size(params) > 1");
    expect(await diffPolicy(policyOf(sizes), await past(calls))).toMatchObject({ untold: 1, changed: [] });
    expect(await diffPolicy(policyOf(rules), await past(calls, { params: "full" }))).toMatchObject({
      untold: 0,
      changed: [{ name: "pay", now: "deny" }],
    });
  });

  it("are told of by the rules that would have had to see the parameters, and by nothing else", async () => {
    const policy = policyOf(`
rules:
  - { id: b-large, when: action.name == "pay" && params.n > 1, then: deny, reason: x }
  - { id: a-null, when: 'action.name in ["pay", "send"] && params == null', then: skip, reason: x }
  - { id: never, when: action.name == "never", then: deny, reason: for sure }
  - { id: asked-of-never, when: action.name.startsWith("nev") && params.n > 1, then: require_approval, reason: x }
  - { id: tenants, when: action.name == "list" && subject.tenant == "a", then: deny, reason: x }
  - { id: above, priority: 5, when: action.name == "free" && run.steps > 0, then: allow }
  - { id: below, when: action.name == "free" && params.n > 1, then: deny, reason: x }
`);
    const calls = ["pay", "pay", "send", "never", "list", "free", "other"].map(
      (name) => [name, dollar] as const,
    );
    const diff = await diffPolicy(policy, await past(calls));
    expect(diff).toMatchObject({
      decisions: 7,
      untold: 3,
      untoldBy: [
        { rule: "a-null", decisions: 3 },
        { rule: "b-large", decisions: 2 },
      ],
      spent: 7n * dollar,
      untoldSpent: 3n * dollar,
      wouldSpend: 2n * dollar,
    });
    // What is missing beside the parameters was missing then, too: that is known.
    expect(diff.changed.map(({ name, now }) => `${name} ${now}`)).toEqual(["never deny", "list deny"]);
    const full = await diffPolicy(policy, await past(calls, { params: "full" }));
    expect(full).toMatchObject({ untold: 0, untoldBy: [], untoldSpent: 0n });
  });

  it("that somebody approved are approved again, and count for budgets and money", async () => {
    const clock = manualClock();
    const asking = policyOf(
      'rules: [{ id: a, when: action.name == "pay", then: { require_approval: { ttl: 1h } }, reason: x }]',
    );
    const gate = createGate({ signer, clock, budgets: [{ id: "old", limit: "$100" }], ...asking });
    const run = gate.run({ user: "alice" });
    for (const to of ["bob", "carol"]) {
      const pay = { kind: "tool", name: "pay", params: { to }, amounts: { usd: dollar } } as const;
      const { approval } = await gate.decide(pay, { run });
      clock.advance(1_800_000);
      await gate.approvals.grant(approval?.id ?? "", { by: "dave" });
      await (await gate.decide(pay, { run })).permit?.settle({ amounts: { usd: dollar } });
    }
    const receipts: Receipt[] = [];
    for await (const receipt of gate.receipts()) receipts.push(receipt);

    expect(await diffPolicy(asking, receipts)).toMatchObject({
      decisions: 4,
      changed: [],
      spent: 2n * dollar,
      wouldSpend: 2n * dollar,
    });
    const capped = policyOf(
      'budgets: [{ id: cap, limit: $1 }]\nrules: [{ id: a, when: action.name == "pay", then: require_approval, reason: x }]',
    );
    expect(await diffPolicy(capped, receipts)).toMatchObject({
      changed: [{ was: "allow", now: "deny", usd: dollar }],
      wouldSpend: dollar,
    });
  });
});
