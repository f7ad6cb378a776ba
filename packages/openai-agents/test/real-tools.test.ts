import { Agent, RunContext, tool } from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import { findDenial, type GateOptions } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel, gateTool, gateTools } from "../src/index.ts";
import { fakeModel } from "./fake-model.ts";
import { decisionsOf, type Fixture, isAllSettled, open, receiptsOf, ruleFor, toldOf } from "./fixture.ts";
import { apis } from "./surfaces.ts";

const adds: Script = ({ index }) =>
  index === 0 ? { toolCalls: [{ name: "add", arguments: { a: 1 } }] } : { text: "done" };
const parameters = z.object({ a: z.number() });
const options = { name: "add", description: "Adds one.", parameters };

/** Runs an agent whose one tool is gated. */
async function use({ runner, run }: Fixture, add: Agent["tools"][number], action = {}) {
  const tools = gateTools([add], run, { actions: { add: action } });
  return runner.run(new Agent({ name: "a", model: "gpt-4o", tools }), "hi");
}

describe.each(apis)("a gated tool, over %s,", (api) => {
  it("runs with the arguments, the context and the details that the SDK gives it", async () => {
    const fixture = await open(adds, {}, { api });
    const seen: unknown[] = [];
    const add = tool({
      ...options,
      execute: ({ a }, context, details) => {
        seen.push(context instanceof RunContext, details?.toolCall?.name);
        return { sum: a + 1 };
      },
    });
    await use(fixture, add);
    expect(seen).toEqual([true, "add"]);
    expect(toldOf(fixture)).toEqual(['{"sum":2}']);
    expect(JSON.stringify(fixture.provider.requests[0]?.body.tools)).toMatch(/Adds one/);
  });

  it("that is denied does not run, and the model is told in one object", async () => {
    const fixture = await open(adds, ruleFor("tool", { decision: "deny", reason: "not on Sundays" }), {
      api,
    });
    let ran = 0;
    await use(fixture, tool({ ...options, execute: () => ++ran }));
    const decision = (await receiptsOf(fixture.gate)).find(
      (body) => body.type === "decision" && body.action.kind === "tool",
    );
    expect(JSON.parse(toldOf(fixture)[0]!)).toEqual({
      tollgate: "denied",
      code: "policy_denied",
      reason: "not on Sundays",
      terminal: false,
      receipt: decision?.id,
    });
    expect(ran).toBe(0);
  });

  it("that is skipped answers the rule's result, whatever it is", async () => {
    const skip = { decision: "skip", reason: "known", result: { sum: [41] } } as const;
    const fixture = await open(adds, ruleFor("tool", skip), { api });
    await use(fixture, tool({ ...options, execute: () => 1 }));
    expect(toldOf(fixture)).toEqual(['{"sum":[41]}']);
  });

  it("that is degraded runs with the arguments that were decided", async () => {
    const patch = { params: { a: 41 } };
    const fixture = await open(adds, ruleFor("tool", { decision: "degrade", patch, reason: "x" }), { api });
    await use(fixture, tool({ ...options, execute: ({ a }) => `${a}` }));
    expect(toldOf(fixture)).toEqual(["41"]);
  });
});

describe("a gated tool", () => {
  const stamps: GateOptions = { budgets: [{ id: "stamps", limit: "9 stamps" }] };

  it.each([undefined, null])(
    "that fails has cost what it costs (errorFunction: %s)",
    async (errorFunction) => {
      const fixture = await open(adds, stamps);
      const add = tool({
        ...options,
        ...(errorFunction === undefined ? {} : { errorFunction }),
        execute: (): number => {
          throw new Error("after the mail was sent");
        },
      });
      await use(fixture, add, { amounts: { stamps: 3n } }).catch(() => undefined);
      expect(await fixture.gate.balances()).toMatchObject([{ spent: 3n, held: 0n }]);
    },
  );

  it("can say what a call costs by its arguments, and which capability it needs", async () => {
    const fixture = await open(adds, {
      ...stamps,
      evaluators: [
        {
          name: "tiers",
          evaluate: ({ capability }) =>
            capability === "payment_execute"
              ? { decision: "deny", reason: "no payments" }
              : { decision: "allow" },
        },
      ],
    });
    const add = tool({ ...options, execute: () => 1 });
    await use(fixture, add, (input: unknown) => ({ amounts: { stamps: BigInt(Object(input).a) } }));
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 1n }]);
    fixture.provider.play(adds);
    await use(fixture, add, { capability: "payment_execute" });
    expect(await decisionsOf(fixture.gate)).toContain("tool add deny");
  });

  it("keeps its reservation however long it takes", async () => {
    const clock = manualClock();
    const fixture = await open(adds, {
      clock,
      reservationTtlMs: 30_000,
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    const add = tool({
      ...options,
      execute: async () => {
        for (let minute = 0; minute < 10; minute++) {
          clock.advance(10_000);
          await new Promise(setImmediate);
        }
        return (await fixture.gate.balances())[0]?.held === 1n ? "held" : "lost";
      },
    });
    await use(fixture, add);
    expect(toldOf(fixture)).toEqual(["held"]);
  });

  it("that is let through and then rejected by a guardrail of its own gives its money back when its time is up", async () => {
    const clock = manualClock();
    const fixture = await open(adds, {
      clock,
      reservationTtlMs: 30_000,
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    const own = {
      name: "own",
      run: async () => ({ behavior: { type: "rejectContent" as const, message: "not like this" } }),
    };
    await use(fixture, tool({ ...options, inputGuardrails: [own], execute: () => 1 }));
    expect(toldOf(fixture)).toEqual(["not like this"]);
    clock.advance(30_001);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 0n, held: 0n }]);
  });

  it("made by hand, that takes plain text instead of JSON, is decided by it", async () => {
    const { gate, run } = await open();
    const { invoke } = gateTool(
      {
        type: "function",
        name: "echo",
        needsApproval: async () => false,
        invoke: async (_context: RunContext, text: string) => text,
      },
      run,
    );
    expect(await invoke(new RunContext(), "plain text")).toBe("plain text");
    expect(await decisionsOf(gate)).toEqual(["tool echo allow"]);
  });

  it("is another one than the tool itself, which can be gated for each run", async () => {
    const { gate, run } = await open();
    const add = tool({ ...options, execute: ({ a }) => a });
    const { invoke } = add;
    const [mine, yours] = [gateTool(add, run), gateTool(add, gate.run())];
    expect(add.invoke).toBe(invoke);
    for (const each of [mine, yours]) await each.invoke(new RunContext(), '{"a":1}');
    const bodies = await receiptsOf(gate);
    const runs = bodies.flatMap((body) => (body.type === "decision" ? [body.action.run] : []));
    expect(new Set(runs).size).toBe(2);
    expect(gateTool(mine, run)).toBe(mine);
    expect(() => gateTool(mine, gate)).toThrow(/tool "add" is gated already/);
  });
});

describe("what a model call offered its provider", () => {
  it("keeps its reservation however long the call takes", async () => {
    const clock = manualClock();
    const { gate, run, runner } = await open(() => ({}), {
      clock,
      reservationTtlMs: 30_000,
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    let held: bigint | undefined;
    const slow = {
      ...fakeModel(() => "done"),
      async getResponse(...request: Parameters<ReturnType<typeof fakeModel>["getResponse"]>) {
        for (let minute = 0; minute < 10; minute++) {
          clock.advance(10_000);
          await new Promise(setImmediate);
        }
        held = (await gate.balances())[0]?.held;
        return fakeModel(() => "done").getResponse(...request);
      },
    };
    const search = { type: "hosted_tool" as const, name: "web_search", providerData: { type: "web_search" } };
    const model = gateModel(slow, run, { name: "gpt-4o" });
    await runner.run(new Agent({ name: "a", model, tools: [search] }), "hi");
    expect(held).toBe(1n);
    expect(await isAllSettled(gate)).toBe(true);
  });
});

describe("a gated tool whose own guardrail takes its time", () => {
  /** Its guardrail does this before the tool may run. */
  async function guarded(
    meanwhile: (fixture: Fixture, clock: ReturnType<typeof manualClock>) => Promise<unknown>,
  ) {
    const clock = manualClock();
    const fixture = await open(adds, {
      clock,
      reservationTtlMs: 30_000,
      budgets: [{ id: "tools", limit: "1 calls", match: { kind: "tool" } }],
    });
    let ran = 0;
    const own = {
      name: "own",
      run: async () => {
        await meanwhile(fixture, clock);
        return { behavior: { type: "allow" as const } };
      },
    };
    const ended = await use(
      fixture,
      tool({ ...options, inputGuardrails: [own], execute: () => ++ran }),
    ).catch((error: unknown) => error);
    return { fixture, ended, ran };
  }

  it("is decided anew where its money went back and another call has got it", async () => {
    const { fixture, ran } = await guarded(async ({ gate }, clock) => {
      clock.advance(30_001);
      await (await gate.decide({ kind: "tool", name: "other" })).permit?.settle();
    });
    expect(ran).toBe(0);
    expect(toldOf(fixture)[0]).toMatch(/budget_exceeded/);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 1n, held: 0n }]);
  });

  it("does not run where its run was stopped", async () => {
    const { ran, ended } = await guarded(({ run }) => run.stop("enough"));
    expect(ran).toBe(0);
    expect(findDenial(ended)?.terminal).toBe(true);
  });

  it("is decided once where neither has happened", async () => {
    const { fixture, ran } = await guarded(async () => undefined);
    expect(ran).toBe(1);
    expect((await decisionsOf(fixture.gate)).filter((made) => made.startsWith("tool"))).toEqual([
      "tool add allow",
    ]);
  });
});
