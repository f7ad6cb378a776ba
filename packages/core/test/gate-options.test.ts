import { createGate, createSigner, type GateOptions, gateBudget, InvalidConfig } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";

/** Options that a compiler would refuse, as JavaScript may pass them. */
function withOptions(options: object): () => unknown {
  return () => createGate(options as GateOptions);
}

describe("createGate", () => {
  it("works without any option", async () => {
    const gate = createGate();
    const permit = await gateBudget(gate, { kind: "tool", name: "clock" });
    expect(await permit.settle()).toMatchObject({ outcome: "settled" });
  });

  it.each<[object, RegExp]>([
    [{ budget: [] }, /^budget: is not an option of createGate; there are budgets,/],
    [{ budgets: {} }, /^budgets: /],
    [{ budgets: [{ id: "a", limit: "$-5" }] }, /^budgets\[0\]\.limit: /],
    [{ budgets: [{ id: "a", limit: Number.NaN }] }, /^budgets\[0\]\.limit: /],
    [{ budgets: [{ id: "a", limit: "5 Euros" }] }, /^budgets\[0\]\.limit: /],
    [
      {
        budgets: [
          { id: "a", limit: "$1" },
          { id: "a", limit: "$2" },
        ],
      },
      /^budgets\[1\]\.id: /,
    ],
    [
      { budgets: [{ id: "a", limit: "$1", per: "day", timeZone: "Mars/Olympus" }] },
      /^budgets\[0\]\.timeZone: /,
    ],
    [{ budgets: [{ id: "a", limit: "$1", per: "fortnight" }] }, /^budgets\[0\]\.per: /],
    [{ budgets: [{ id: "a", limit: "$1", by: ["usr"] }] }, /^budgets\[0\]\.by/],
    [{ budgets: [{ id: "a", limit: "$1", then: "degrade" }] }, /^budgets\[0\]\.degrade: /],
    [{ evaluators: [{}] }, /^evaluators\[0\]: expected an evaluator: an object with name and evaluate/],
    [{ evaluators: [{ name: "", evaluate: () => undefined }] }, /^evaluators\[0\]\.name: /],
    [{ prices: { models: { big: { input: "cheap" } } } }, /models\["big"\]\.input: /],
    [{ maxOutputTokens: 0 }, /^maxOutputTokens: /],
    [{ reservationTtlMs: -1 }, /^reservationTtlMs: /],
    [{ reservationTtlMs: 2 ** 31 }, /^reservationTtlMs: /],
    [{ ledger: {} }, /^ledger: expected an object with reserve/],
    [{ log: [] }, /^log: expected an object with append/],
    [{ mode: "dry-run" }, /^mode: /],
    [{ failure: "ignore" }, /^failure: /],
    [{ policy: "v1" }, /^policy: /],
    [{ chain: "my chain" }, /^chain: /],
    [{ prices: { digest: "v1", rates: () => null } }, /^prices\.digest: expected sha256: and/],
    [{ signer: { ...createSigner(), kid: "me" } }, /^signer\.kid: expected the RFC 7638 thumbprint/],
    [{ subject: { usr: "alice" } }, /unknown member usr/],
  ])("refuses %j", (options, message) => {
    expect(withOptions(options)).toThrow(message);
  });

  it("throws InvalidConfig, which names the field", () => {
    try {
      createGate({ maxOutputTokens: 1.5 });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidConfig);
      expect(error).toMatchObject({ code: "invalid_config", field: "maxOutputTokens" });
    }
  });

  it("keeps the evaluators it was made with, whatever becomes of the list", async () => {
    const evaluators = [denyTools(["rm"])];
    const gate = createGate({ evaluators });
    evaluators.pop();
    expect(await gate.decide({ kind: "tool", name: "rm" })).toMatchObject({ code: "policy_denied" });
  });

  it("leaves parameters out of a receipt when what redacts them throws, and tells", async () => {
    const failures: unknown[] = [];
    const gate = createGate({
      params: () => {
        throw new Error("no such field");
      },
      onFailure: ({ cause }) => failures.push(cause),
    });
    await gateBudget(gate, { kind: "tool", name: "pay", params: { cardNumber: "4111" } });
    for await (const { body } of gate.receipts()) {
      if (body.type === "decision") expect(body.action.params).toBeUndefined();
    }
    expect(String(failures[0])).toContain("no such field");
  });

  it("keeps parameters in receipts only as it is told to", async () => {
    const texts: (string | undefined)[] = [];
    for (const params of [
      "digest",
      "full",
      ({ params: given }: { readonly params: unknown }) => ({ to: (given as { to: string }).to }),
    ] as const) {
      const gate = createGate({ params });
      await gateBudget(gate, { kind: "tool", name: "pay", params: { to: "bob", cardNumber: "4111" } });
      for await (const { body } of gate.receipts()) {
        if (body.type === "decision") texts.push(body.action.params);
      }
    }
    expect(texts).toEqual([undefined, '{"cardNumber":"4111","to":"bob"}', '{"to":"bob"}']);
  });
});
