import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Answering, policyServer } from "../../../test/policy-server.ts";
import type { ActionInput } from "../../action/action.ts";
import { createGate } from "../../gate/create-gate.ts";
import type { Decision } from "../../gate/decision.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { type HttpEvaluatorOptions, httpEvaluator } from "./http-evaluator.ts";

const pay: ActionInput = { kind: "tool", name: "pay", params: { amount: 5 }, amounts: { usd: "$0.10" } };
const patient = { timeoutMs: 20_000 };

/** What a gate with a budget decides with a server that answers so. */
async function decide(
  answering: Answering,
  options: Partial<HttpEvaluatorOptions> = {},
  action: ActionInput = pay,
): Promise<Decision & { readonly spent: number }> {
  const { url } = await policyServer(answering);
  const gate = createGate({
    evaluators: [httpEvaluator({ url, ...patient, ...options })],
    budgets: [{ id: "day", limit: "$1.00" }],
    subject: { agent: "bot", tenant: "acme" },
  });
  const decision = await gate.decide(action);
  return { ...decision, spent: (await gate.balances()).length };
}

const failure = ({ code, outcome, cause, spent }: Decision & { readonly spent: number }) => [
  outcome,
  code,
  spent,
  (cause as Error).message,
];

describe("a policy decision point over HTTP", () => {
  it("is asked for the action, its subject and the receipt's id", async () => {
    const { url, asked } = await policyServer(() => ({ decision: "allow" }));
    const gate = createGate({
      evaluators: [
        httpEvaluator({
          url: `${url}/mesh/`,
          ...patient,
          headers: async () => ({ authorization: "Bearer t" }),
        }),
      ],
      subject: { agent: "bot", tenant: "acme" },
    });
    const { receipt, outcome } = await gate.decide(pay);
    expect(outcome).toBe("allow");
    expect(asked).toEqual([
      {
        path: "/mesh/api/v1/pdp/evaluate",
        headers: expect.objectContaining({ authorization: "Bearer t", "content-type": "application/json" }),
        body: {
          request_id: receipt?.body.id,
          agent_id: "bot",
          action: "pay",
          context: {
            kind: "tool",
            name: "pay",
            subject: { agent: "bot", tenant: "acme" },
            amounts: { usd: "100000000" },
            params: { amount: 5 },
          },
        },
      },
    ]);
  });

  it.each([
    [
      { decision: "allow", rule: "r1" },
      { outcome: "allow", rules: ["pdp/r1"] },
    ],
    [
      { decision: "deny", reason: "no", policy_id: "p", decision_id: "d-1" },
      { outcome: "deny", reason: "no", rules: ["pdp/p#d-1"], terminal: false },
    ],
    [
      { decision: "deny", terminal: true },
      { outcome: "deny", reason: "pdp denies it", terminal: true },
    ],
    [
      { decision: "review", approver: "cfo" },
      { outcome: "require_approval", approval: { approver: "cfo" } },
    ],
    [
      { decision: "require_approval", reason: "large" },
      { outcome: "require_approval", reason: "large" },
    ],
    [{ decision: "allow", allowed: true, obligations: [] }, { outcome: "allow" }],
    [
      { decision: "allow", terminal: null, obligations: null },
      { outcome: "allow", terminal: false },
    ],
    [
      { decision: "deny", terminal: null },
      { outcome: "deny", terminal: false },
    ],
  ])("that answers %j decides so", async (answer, decision) => {
    expect(await decide(() => answer)).toMatchObject(decision);
  });

  it.each<[unknown, RegExp]>([
    [{}, /neither allow, deny nor review/],
    [{ decision: "ALLOW" }, /neither/],
    [{ decision: "permit" }, /neither/],
    [{ decision: true }, /neither/],
    [{ decision: "constructor" }, /neither/],
    [{ decision: "allow", allowed: false }, /contradicts itself/],
    [{ decision: "allow", allowed: "true" }, /contradicts itself/],
    [{ decision: "allow", terminal: true }, /contradicts itself/],
    [{ decision: "review", terminal: "yes" }, /contradicts itself/],
    [{ decision: "allow", obligations: ["mask"] }, /obligations/],
    [{ decision: "allow", obligations: "mask" }, /obligations/],
    [["allow"], /no object/],
    ["allow", /no object/],
  ])("that answers %j denies, and nothing is held", async (answer, message) => {
    expect(failure(await decide(() => answer))).toEqual([
      "deny",
      "evaluator_failed",
      0,
      expect.stringMatching(message),
    ]);
  });

  it.each<[string, Answering, RegExp]>([
    [
      "500 with an allow",
      (_, response) =>
        void response.writeHead(500, { "content-type": "application/json" }).end('{"decision":"allow"}'),
      /status 500/,
    ],
    [
      "203 with an allow",
      (_, response) =>
        void response.writeHead(203, { "content-type": "application/json" }).end('{"decision":"allow"}'),
      /status 203/,
    ],
    [
      "an allow as text",
      (_, response) =>
        void response.writeHead(200, { "content-type": "text/html" }).end('{"decision":"allow"}'),
      /something else than JSON/,
    ],
    [
      "half an allow",
      (_, response) =>
        void response.writeHead(200, { "content-type": "application/json" }).end('{"decision":"allow"'),
      /something else than JSON/,
    ],
    [
      "an allow that breaks off",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
        response.write('{"decision":"allow"}', () => response.destroy());
      },
      /did not arrive whole/,
    ],
    ["nothing", (_, response) => void response.destroy(), /could not be asked/],
    [
      "bytes that are no text",
      (_, response) =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end(Buffer.from('{"decision":"allow","reason":"\xff"}', "latin1")),
      /did not arrive whole/,
    ],
  ])("that answers %s denies", async (_, answering, message) => {
    expect(failure(await decide(answering))).toEqual([
      "deny",
      "evaluator_failed",
      0,
      expect.stringMatching(message),
    ]);
  });

  it("is not followed elsewhere", async () => {
    const elsewhere = await policyServer(() => ({ decision: "allow" }));
    const decision = await decide(
      (_, response) => void response.writeHead(307, { location: elsewhere.url }).end(),
    );
    expect(failure(decision)).toEqual([
      "deny",
      "evaluator_failed",
      0,
      expect.stringMatching(/redirects, and is not followed/),
    ]);
    expect(elsewhere.asked).toEqual([]);
    const followed = Object.defineProperty(Response.json({ decision: "allow" }), "redirected", {
      value: true,
    });
    const fetch: typeof globalThis.fetch = async () => followed;
    expect((await decide(() => ({}), { fetch })).code).toBe("evaluator_failed");
  });

  it("that answers more than allowed once it is unpacked is not unpacked to the end", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000, " "));
    expect(bomb.length).toBeLessThan(65_536);
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    expect(failure(await decide((_, response) => void response.writeHead(200, headers).end(bomb)))).toEqual([
      "deny",
      "evaluator_failed",
      0,
      expect.stringMatching(/longer than 65536 bytes/),
    ]);
  });

  it("that answers more than allowed is not read to the end", async () => {
    const long = JSON.stringify({ decision: "allow", reason: "x".repeat(2000) });
    const answering: Answering = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (let at = 0; at < long.length; at += 500) response.write(long.slice(at, at + 500));
      response.end();
    };
    expect((await decide(answering)).outcome).toBe("allow");
    expect(failure(await decide(answering, { maxResponseBytes: 1000 })).at(-1)).toMatch(
      /longer than 1000 bytes/,
    );
  });

  it("is not asked what is longer than allowed", async () => {
    const { url, asked } = await policyServer(() => ({ decision: "allow" }));
    const gate = createGate({ evaluators: [httpEvaluator({ url, ...patient, maxRequestBytes: 1000 })] });
    const long = await gate.decide({ ...pay, params: { text: "\u00e9".repeat(600) } });
    expect([long.code, (long.cause as Error).message]).toEqual([
      "evaluator_failed",
      expect.stringMatching(/at most 1000 are asked/),
    ]);
    expect(asked).toEqual([]);
  });

  it("that hangs denies when its time is up, and is hung up on", async () => {
    const clock = manualClock();
    const reached = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const { url } = await policyServer((_, response) => {
      response.on("close", left.resolve);
      reached.resolve();
    });
    const gate = createGate({ clock, evaluators: [httpEvaluator({ url })] });
    const asked = gate.decide(pay);
    await reached.promise;
    clock.advance(50);
    expect(await asked).toMatchObject({
      outcome: "deny",
      code: "evaluator_failed",
      reason: 'evaluator "pdp" did not answer within 50 ms',
    });
    await left.promise;
  });

  it("that is down denies; a gate that is to fail open says so in the receipt", async () => {
    const { url, close } = await policyServer(() => ({ decision: "allow" }));
    await close();
    const evaluators = [httpEvaluator({ url, ...patient })];
    const denied = await createGate({ evaluators }).decide(pay);
    expect([denied.code, (denied.cause as Error).message]).toEqual([
      "evaluator_failed",
      "the policy server could not be asked: ECONNREFUSED",
    ]);
    const open = await createGate({ evaluators, failure: "open" }).decide(pay);
    expect(open.outcome).toBe("allow");
    expect(open.receipt?.body).toMatchObject({ decision: { failure: expect.stringMatching(/pdp/) } });
  });

  it("is not told prompts, unless it is to be", async () => {
    const llm: ActionInput = {
      kind: "llm",
      name: "gpt-4o",
      provider: "openai",
      params: { prompt: "my secret" },
    };
    const { url, asked } = await policyServer(() => ({ decision: "allow" }));
    for (const params of [undefined, "none", "all"] as const) {
      const gate = createGate({
        evaluators: [httpEvaluator({ url, ...patient, ...(params && { params }) })],
      });
      await gate.decide(llm);
      await gate.decide(pay);
    }
    expect(asked.map(({ body }) => "params" in (body.context as object))).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
  });
});
