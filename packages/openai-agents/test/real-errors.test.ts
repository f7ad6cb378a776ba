import {
  Agent,
  GuardrailExecutionError,
  type ModelSettings,
  RunState,
  ToolCallError,
  tool,
  UserError,
} from "@openai/agents";
import {
  ActionDenied,
  ApprovalRequired,
  findDenial,
  type GateOptions,
  GateUnavailable,
} from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateGuardrails, gateModel, gateTools } from "../src/index.ts";
import { fakeModel } from "./fake-model.ts";
import { decisionsOf, isAllSettled, open, receiptsOf, refusalOf, ruleFor } from "./fixture.ts";
import { approved, mailer } from "./mailer.ts";
import { apis } from "./surfaces.ts";

const agent = (modelSettings: ModelSettings = {}) => new Agent({ name: "a", model: "gpt-4o", modelSettings });

/** A policy that would try anything again, also what is not safe to. */
const stubborn: ModelSettings = {
  retry: { maxRetries: 3, policy: () => ({ retry: true, delayMs: 1, approveUnsafeReplay: true }) },
};

describe.each(apis)("a model call over %s", (api) => {
  it.each([false, true])(
    "that is refused is not tried again by any retry policy (streamed: %s)",
    async (stream) => {
      const deny = ruleFor("llm", { decision: "deny", reason: "not today" });
      const { runner, gate, provider } = await open(() => ({}), deny, { api });
      const ask = async () => {
        const result = await runner.run(agent(stubborn), "hi", { stream: stream as true });
        await result.completed;
      };
      expect((await refusalOf(ask())).message).toMatch(/not today/);
      expect(await decisionsOf(gate)).toEqual(["llm gpt-4o deny"]);
      expect(provider.count()).toBe(0);
    },
  );

  it.each([false, true])(
    "that failed is decided anew each time, and gives its money back (streamed: %s)",
    async (stream) => {
      const { runner, gate, provider } = await open(
        () => ({ status: 503 }),
        {
          budgets: [
            { id: "attempts", limit: "2 calls" },
            { id: "money", limit: "$1" },
          ],
        },
        { api },
      );
      const ask = async () => {
        const result = await runner.run(agent(stubborn), "hi", { stream: stream as true });
        await result.completed;
      };
      // A failed attempt gives its money back, and its call: the budget is never used up.
      await expect(ask()).rejects.toThrow(/503/);
      expect(provider.count()).toBe(4);
      const endings = (await receiptsOf(gate)).flatMap((body) =>
        body.type === "settlement" ? body.outcome : [],
      );
      expect(endings).toEqual(["released", "released", "released", "released"]);
    },
  );

  it("keeps the advice of its model for failures of its own", async () => {
    const seen: unknown[] = [];
    const policy: NonNullable<ModelSettings["retry"]>["policy"] = ({ providerAdvice }) => {
      seen.push(providerAdvice?.suggested);
      return providerAdvice?.suggested === true ? { retry: true, delayMs: 1 } : false;
    };
    const { runner, provider } = await open(({ index }) => (index === 0 ? { status: 429 } : {}), {}, { api });
    await runner.run(agent({ retry: { maxRetries: 2, policy } }), "hi");
    expect([seen, provider.count()]).toEqual([[true], 2]);
  });

  it("that is refused rejects a stream's readers with the gate's own error, wherever they look", async () => {
    const deny = ruleFor("llm", { decision: "deny", reason: "not today" });
    const { runner } = await open(() => ({}), deny, { api });
    const result = await runner.run(agent(), "hi", { stream: true });
    const read = async () => {
      for await (const _event of result);
    };
    expect(await refusalOf(read())).toBeInstanceOf(ActionDenied);
    expect(await refusalOf(result.completed)).toBeInstanceOf(ActionDenied);
    expect(findDenial(result.error)).toBeInstanceOf(ActionDenied);
  });
});

describe("the gate's refusal is found", () => {
  const errorOf = (operation: Promise<unknown>) =>
    operation.then(
      () => null,
      (error: unknown) => error,
    );
  const rules: readonly (readonly [string, GateOptions, unknown])[] = [
    ["a denial", ruleFor("llm", { decision: "deny", reason: "no" }), ActionDenied],
    ["a need of approval", ruleFor("llm", { decision: "require_approval", reason: "ask" }), ApprovalRequired],
    [
      "a gate that cannot decide",
      { evaluators: [{ name: "rule", evaluate: () => Promise.reject(new Error("down")) }] },
      GateUnavailable,
    ],
  ];

  it.each(rules)("as it is for %s of a model call", async (_what, rule, refused) => {
    const { runner } = await open(() => ({}), rule);
    expect(await errorOf(runner.run(agent(), "hi"))).toBeInstanceOf(refused);
  });

  it("in the ToolCallError of a tool call that stops the run", async () => {
    const { runner, agent, sent } = await mailer({
      gate: ruleFor("tool", { decision: "deny", terminal: true, reason: "stop" }),
    });
    const error = await errorOf(runner.run(agent, "hi"));
    expect(error).toBeInstanceOf(ToolCallError);
    expect(findDenial(error)).toMatchObject({ terminal: true });
    expect(sent).toEqual([]);
  });

  it("in the ToolCallError of a call that was made before", async () => {
    const { runner, agent } = await mailer();
    const text = approved((await runner.run(agent, "hi")).state);
    await runner.run(agent, await RunState.fromString(agent, text));
    const error = await errorOf(runner.run(agent, await RunState.fromString(agent, text)));
    expect(error).toBeInstanceOf(ToolCallError);
    expect(findDenial(error)?.code).toBe("idempotency_conflict");
  });

  it("in the GuardrailExecutionError of an agent that may not start", async () => {
    const { runner, run, modelProvider } = await open(
      () => ({}),
      ruleFor("other", { decision: "deny", reason: "no" }),
    );
    const guarded = new Agent({ name: "a", model: "gpt-4o", ...gateGuardrails(run, { modelProvider }) });
    const error = await errorOf(runner.run(guarded, "hi"));
    expect(error).toBeInstanceOf(GuardrailExecutionError);
    expect(findDenial(error)).toBeInstanceOf(ActionDenied);
  });

  it("by a handler of the SDK's own tool errors, where a tool calls a gated model", async () => {
    const { runner, run, provider } = await open(
      ({ index }) => (index === 0 ? { toolCalls: [{ name: "ask", arguments: {} }] } : { text: "done" }),
      { budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] },
    );
    const inner = new Agent({
      name: "inner",
      model: gateModel(
        fakeModel(() => "hi"),
        run,
        { name: "gpt-4o" },
      ),
    });
    const seen: unknown[] = [];
    const ask = tool({
      name: "ask",
      description: "Asks.",
      parameters: z.object({}),
      execute: async () => (await runner.run(inner, "hi")).finalOutput,
      errorFunction: (_context, error) => {
        seen.push(findDenial(error)?.refusal.reasonCode);
        return "no";
      },
    });
    const outer = new Agent({ name: "outer", model: "gpt-4o", tools: gateTools([ask], run) });
    await refusalOf(runner.run(outer, "hi"));
    expect([seen, provider.count()]).toEqual([["budget_exceeded"], 1]);
  });
});

describe("a model call that was never sent", () => {
  it("costs nothing", async () => {
    const { runner, run, gate } = await open();
    const model = fakeModel(() => {
      throw new UserError("this model does not do that");
    });
    const failing = new Agent({ name: "a", model: gateModel(model, run, { name: "gpt-4o" }) });
    await expect(runner.run(failing, "hi")).rejects.toThrow(/does not do that/);
    expect((await gate.balances())[0]).toMatchObject({ spent: 0n, held: 0n });
  });

  it("as its run was aborted is not even decided", async () => {
    const { runner, gate, provider } = await open();
    const abort = new AbortController();
    abort.abort();
    await expect(runner.run(agent(), "hi", { signal: abort.signal })).rejects.toThrow();
    expect([await decisionsOf(gate), provider.count()]).toEqual([[], 0]);
    expect(await isAllSettled(gate)).toBe(true);
  });
});
