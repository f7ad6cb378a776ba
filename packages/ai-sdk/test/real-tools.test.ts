import { decisionsOf, receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, type Ledger, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { dynamicTool, generateText, isStepCount, jsonSchema, streamText, type ToolSet, tool } from "ai";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel, gateTools } from "../src/index.ts";
import { type Fixture, open } from "./fixture.ts";

const inputSchema = z.object({ a: z.number() });
const callsAdd = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "add", arguments: { a: 1 } }] } : { text: "done" };

/** A ledger as a plain object, so that a member can be replaced. */
function bound(ledger: Ledger): Ledger {
  return {
    reserve: (request) => ledger.reserve(request),
    settle: (...given) => ledger.settle(...given),
    release: (...given) => ledger.release(...given),
    extend: (...given) => ledger.extend(...given),
    expire: (now) => ledger.expire(now),
    nextExpiry: () => ledger.nextExpiry(),
    balances: (query) => ledger.balances(query),
  };
}

async function use({ openai, run }: Fixture, tools: ToolSet) {
  return generateText({
    model: gateModel(openai("gpt-4o"), run),
    tools,
    stopWhen: isStepCount(5),
    prompt: "hi",
  });
}

/** What the model was told of its tool call. */
const told = ({ provider }: Fixture): string => {
  const input = provider.requests[1]?.body.input as { type: string; output?: string }[];
  return input.find(({ type }) => type === "function_call_output")?.output ?? "";
};

describe("a gated tool", () => {
  it("runs with the input and the options that the AI SDK gives it", async () => {
    const fixture = await open(callsAdd);
    const seen: unknown[] = [];
    const add = tool({
      inputSchema,
      contextSchema: z.object({ key: z.string() }),
      execute: async (input, { toolCallId, messages, context }) => {
        seen.push(input, toolCallId, messages.length, context.key);
        return input.a + 1;
      },
    });
    const { openai, run } = fixture;
    await generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools: gateTools({ add }, run),
      toolsContext: { add: { key: "k" } },
      stopWhen: isStepCount(5),
      prompt: "hi",
    });
    expect(seen).toEqual([{ a: 1 }, "call_1", 1, "k"]);
    expect(told(fixture)).toBe("2");
  });

  it("keeps `this`, its description, its schema and its conversion for the model", async () => {
    const fixture = await open(callsAdd);
    const add = {
      ...tool({
        description: "Adds one.",
        inputSchema,
        execute(this: unknown, { a }: { a: number }): { sum: number } {
          return { sum: a + ("step" in (this as object) ? 1 : 100) };
        },
        toModelOutput: ({ output }) => ({ type: "text", value: `the sum is ${output.sum}` }),
      }),
      step: 1,
    };
    await use(fixture, gateTools({ add }, fixture.run));
    expect(told(fixture)).toBe("the sum is 2");
    expect(JSON.stringify(fixture.provider.requests[0]?.body.tools)).toMatch(/Adds one/);
  });

  it("that is denied does not run; its call ends as a tool error that says why, to the caller and to the model", async () => {
    const fixture = await open(callsAdd, ruleFor("tool", { decision: "deny", reason: "not on Sundays" }));
    let ran = 0;
    const add = tool({ inputSchema, execute: () => ++ran });
    const { steps } = await use(fixture, gateTools({ add }, fixture.run));
    const error = steps[0]?.content.find((part) => part.type === "tool-error");
    expect(error?.type === "tool-error" && error.error).toBeInstanceOf(ActionDenied);
    expect(told(fixture)).toBe('{"error":"ActionDenied: tool \\"add\\" denied: not on Sundays"}');
    expect(ran).toBe(0);
  });

  it("that is skipped without a result tells the model that it was, past the tool's own conversion", async () => {
    const fixture = await open(callsAdd, ruleFor("tool", { decision: "skip", reason: "seen before" }));
    const add = tool({
      inputSchema,
      execute: ({ a }) => ({ rows: [a] }),
      toModelOutput: ({ output }) => ({ type: "text", value: `${output.rows.length}` }),
    });
    await use(fixture, gateTools({ add }, fixture.run));
    expect(JSON.parse(told(fixture))).toMatchObject({ tollgate: "skipped", reason: "seen before" });
  });

  it("that is degraded runs with the input that was decided, the rest of it as it was", async () => {
    const patch = { params: { a: 41 } };
    const fixture = await open(
      callsAdd,
      ruleFor("tool", { decision: "degrade", patch, reason: "at most 41" }),
    );
    const add = tool({
      inputSchema: z.object({ a: z.number() }).transform(({ a }) => ({ a, at: new Date(0) })),
      execute: ({ a, at }) => `${a} at ${at.getTime()}`,
    });
    await use(fixture, gateTools({ add }, fixture.run));
    expect(told(fixture)).toBe("41 at 0");
  });

  it("that fails has cost what it costs", async () => {
    const fixture = await open(callsAdd, {
      budgets: [{ id: "mails", limit: "10 emails" }],
    });
    const add = tool({
      inputSchema,
      execute: (): number => {
        throw new Error("after the mail was sent");
      },
    });
    const tools = gateTools({ add }, fixture.run, { actions: { add: { amounts: { emails: 3n } } } });
    await use(fixture, tools);
    expect(await fixture.gate.balances()).toMatchObject([{ budget: "mails", spent: 3n, held: 0n }]);
  });

  it("keeps its reservation however long it takes", async () => {
    const clock = manualClock();
    const fixture = await open(callsAdd, {
      clock,
      reservationTtlMs: 30_000,
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    const add = tool({
      inputSchema,
      execute: async () => {
        for (let minute = 0; minute < 10; minute++) {
          clock.advance(10_000);
          await new Promise(setImmediate);
        }
        return (await fixture.gate.balances())[0]?.held === 1n ? "held" : "lost";
      },
    });
    await use(fixture, gateTools({ add }, fixture.run));
    expect(told(fixture)).toBe("held");
    expect(
      (await receiptsOf(fixture.gate)).some((body) => "outcome" in body && body.outcome === "expired"),
    ).toBe(false);
  });

  it("answers its result also when the ledger cannot book it", async () => {
    const ledger = memoryLedger();
    const failing = { ...bound(ledger), settle: () => Promise.reject(new Error("the disk is full")) };
    const fixture = await open(callsAdd, { ledger: failing });
    const add = tool({ inputSchema, execute: ({ a }) => a + 1 });
    await use(fixture, gateTools({ add }, fixture.run));
    expect(told(fixture)).toBe("2");
  });

  it("can say what a call costs by its input, and which capability it needs", async () => {
    const fixture = await open(callsAdd, {
      budgets: [{ id: "mails", limit: "2 emails" }],
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
    const add = tool({ inputSchema, execute: ({ a }) => a });
    const amounts = {
      add: ({ a }: { a: number }) => ({ amounts: { emails: BigInt(a) } }),
    };
    await use(fixture, gateTools({ add }, fixture.run, { actions: amounts }));
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 1n }]);
    const needs = { add: { capability: "payment_execute" } } as const;
    const { run } = fixture;
    fixture.provider.play(callsAdd);
    await use(fixture, gateTools({ add }, run, { actions: needs }));
    expect((await decisionsOf(fixture.gate)).at(-2)).toBe("tool add deny");
  });

  it("of any sort stays what it is: without execute untouched, dynamic, from a JSON schema", async () => {
    const fixture = await open(callsAdd);
    const client = tool({ inputSchema, outputSchema: z.number() });
    const dynamic = dynamicTool({ inputSchema: jsonSchema({ type: "object" }), execute: async () => 1 });
    const tools = gateTools({ client, add: dynamic }, fixture.run);
    expect(tools.client).toBe(client);
    expect(tools.add.type).toBe("dynamic");
    await use(fixture, tools);
    expect(await decisionsOf(fixture.gate)).toContain("tool add allow");
  });
});

describe("a gated tool that streams", () => {
  const results = async ({ openai, run }: Fixture, tools: ToolSet) => {
    const result = streamText({
      model: gateModel(openai("gpt-4o"), run),
      tools,
      stopWhen: isStepCount(5),
      prompt: "hi",
    });
    const outputs: unknown[] = [];
    for await (const part of result.stream) {
      if (part.type === "tool-result") outputs.push(part.preliminary === true ? [part.output] : part.output);
    }
    return outputs;
  };
  const add = tool({
    inputSchema,
    async *execute({ a }) {
      yield a;
      yield a + 1;
    },
  });

  it("shows what it shows without the gate", async () => {
    const fixture = await open(callsAdd);
    const plain = await results(fixture, { add });
    fixture.provider.play(callsAdd);
    expect(await results(fixture, gateTools({ add }, fixture.run))).toEqual(plain);
    expect(plain).toEqual([[1], [2], 2]);
  });

  it("is booked once, also when it fails half-way", async () => {
    const fixture = await open(callsAdd);
    const failing = tool({
      inputSchema,
      async *execute({ a }) {
        yield a;
        throw new Error("half-way");
      },
    });
    await results(fixture, gateTools({ add: failing }, fixture.run));
    const endings = (await receiptsOf(fixture.gate)).filter((body) => body.type === "settlement");
    expect(endings.map(({ outcome }) => outcome)).toEqual(["settled", "settled", "settled"]);
  });

  it("is closed and booked when its reader leaves it half-way", async () => {
    const { gate, run } = await open();
    let closed = false;
    const endless = tool({
      inputSchema,
      async *execute({ a }) {
        try {
          for (;;) yield a;
        } finally {
          closed = true;
        }
      },
    });
    const options = { toolCallId: "1", messages: [], context: {} };
    const { execute } = gateTools({ endless }, run).endless;
    for await (const _part of execute({ a: 1 }, options) as AsyncIterable<number>) break;
    expect(closed).toBe(true);
    const [ending] = (await receiptsOf(gate)).filter((body) => body.type === "settlement");
    expect(ending).toMatchObject({ outcome: "settled" });
  });

  it("answers the rule's result when it is skipped", async () => {
    const fixture = await open(callsAdd, ruleFor("tool", { decision: "skip", reason: "known", result: 7 }));
    expect(await results(fixture, gateTools({ add }, fixture.run))).toEqual([[7], 7]);
  });

  it("and is no generator function answers its last value", async () => {
    const fixture = await open(callsAdd);
    const disguised = tool({ inputSchema, execute: (input, options) => add.execute(input, options) });
    expect(await results(fixture, gateTools({ add: disguised }, fixture.run))).toEqual([2]);
  });
});
