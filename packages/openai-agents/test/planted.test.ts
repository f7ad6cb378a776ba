import {
  Agent,
  defineToolInputGuardrail,
  type Model,
  ToolGuardrailFunctionOutputFactory as Output,
  Runner,
  RunState,
  tool,
} from "@openai/agents";
import { type Bench, benchModels, type Surface } from "@tollgate/conformance/adapter-driver";
import { runRow } from "@tollgate/conformance/adapter-row";
import { adapterRows } from "@tollgate/conformance/adapter-suite";
import { type ActionInput, gateBudget, guard } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel } from "../src/index.ts";
import { isUnbilled } from "../src/unbilled.ts";
import { toUsage } from "../src/usage.ts";
import { type Api, agentsDriver, apis, clientAt, openaiModel } from "./surfaces.ts";

const action: ActionInput = { kind: "llm", name: benchModels.chat, maxOutputTokens: 4096 };
const limited = { maxTokens: 4096 };
const used = ({ usage }: Awaited<ReturnType<Model["getResponse"]>>) => ({ usage: toUsage(usage) });

type Wrap = (model: Model, bench: Bench) => Model;

/** Ways to gate a model that look right, each with a row that shows what is wrong. */
const models: readonly (readonly [what: string, surface: Surface, rule: RegExp, wrap: Wrap])[] = [
  [
    "gates responses and forgets streams",
    "stream",
    /exactly two reach the provider/,
    (model, { run }) => ({
      getResponse: (request) => guard(run, action, () => model.getResponse(request), { usage: used }),
      getStreamedResponse: (request) => model.getStreamedResponse(request),
    }),
  ],
  [
    "leaves the client its own retries, which no permit covers",
    "generate",
    /connection is cut is not free/,
    (model, { run }) => ({
      getResponse: (request) =>
        guard(run, action, () => model.getResponse(request), { usage: used, unbilled: isUnbilled }),
      getStreamedResponse: (request) => model.getStreamedResponse(request),
    }),
  ],
  [
    "takes the zeros that the SDK writes for what was used",
    "generate",
    /never as nothing/,
    (model, { run }) => ({
      getResponse: (request) =>
        guard(run, action, () => model.getResponse(request), {
          usage: ({ usage }) => ({ amounts: { usd: BigInt(usage.totalTokens) } }),
        }),
      getStreamedResponse: (request) => model.getStreamedResponse(request),
    }),
  ],
  [
    "settles a stream when it has come to its end",
    "streamHalfRead",
    /nothing stays held/,
    (model, { run }) => ({
      getResponse: (request) => model.getResponse(request),
      async *getStreamedResponse(request) {
        const permit = await gateBudget(run, action);
        yield* model.getStreamedResponse(request);
        await permit.settle();
      },
    }),
  ],
  [
    "decides an agent's first turn alone, as its guardrails would",
    "agent",
    /refusal on the second turn reaches no provider/,
    (model, { run }) => {
      let turns = 0;
      return {
        getResponse: (request) =>
          turns++ === 0
            ? guard(run, action, () => model.getResponse(request), { usage: used })
            : model.getResponse(request),
        getStreamedResponse: (request) => model.getStreamedResponse(request),
      };
    },
  ],
];

const ungated = (api: Api, bench: Bench) => openaiModel(api, clientAt(bench), benchModels.chat);

/** Asks a row about another way to perform its surface. */
function askRow(api: Api, surface: Surface, rule: RegExp, perform: (bench: Bench) => Promise<unknown>) {
  const row = adapterRows.find((row) => row.surface === surface && rule.test(row.rule));
  const driver = agentsDriver(api);
  const surfaces = { ...driver.surfaces, [surface]: { coverage: "enforces" as const, perform } };
  return runRow(row!, { ...driver, surfaces }, 3_000);
}

describe.concurrent.each(apis)("the conformance suite fails, over %s,", (api) => {
  it.each(models)("a model that %s", async (_what, surface, rule, wrap) => {
    const perform = async (bench: Bench) => {
      const lookup = tool({
        name: "lookup",
        description: "Looks.",
        parameters: z.object({ query: z.string() }),
        execute: ({ query }) => bench.lookup(query),
      });
      const model = wrap(ungated(api, bench), bench);
      const agent = new Agent({ name: "a", model, modelSettings: limited, tools: [lookup] });
      if (surface === "generate" || surface === "agent") return new Runner().run(agent, "hi");
      const result = await new Runner().run(agent, "hi", { stream: true });
      for await (const _text of result.toTextStream()) if (surface === "streamHalfRead") break;
      return result.completed;
    };
    await expect(askRow(api, surface, rule, perform)).rejects.toThrow(
      /still held|went through although it was refused|strictly equal|falsy/,
    );
  });

  it("a tool whose guardrail asks for a budget that nobody ends", async () => {
    const perform = (bench: Bench) => {
      const guardrail = defineToolInputGuardrail({
        name: "gate",
        async run({ toolCall }) {
          const denied = await gateBudget(bench.run, { kind: "tool", name: toolCall.name }).then(
            () => null,
            (error: unknown) => String(error),
          );
          return denied === null ? Output.allow() : Output.rejectContent(denied);
        },
      });
      const lookup = tool({
        name: "lookup",
        description: "Looks.",
        parameters: z.object({ query: z.string() }),
        inputGuardrails: [guardrail],
        execute: ({ query }) => bench.lookup(query),
      });
      const model = gateModel(ungated(api, bench), bench.run, { name: benchModels.chat });
      return new Runner().run(new Agent({ name: "a", model, tools: [lookup] }), "hi", { maxTurns: 30 });
    };
    await expect(askRow(api, "agent", /lets exactly three run/, perform)).rejects.toThrow(/still held/);
  });

  it("a tool that asks the gate for approval, and does not ask again when it runs", async () => {
    const perform = async (bench: Bench) => {
      const lookup = tool({
        name: "lookup",
        description: "Looks.",
        parameters: z.object({ query: z.string() }),
        needsApproval: async (_context, { query }) => {
          const asked = { kind: "tool", name: "lookup", params: { query } } as const;
          const { outcome } = await bench.gate.decide(asked, { run: bench.run });
          return outcome === "require_approval";
        },
        execute: ({ query }) => bench.lookup(query),
      });
      const model = gateModel(ungated(api, bench), bench.run, { name: benchModels.chat });
      const agent = new Agent({ name: "a", model, tools: [lookup] });
      const { state, interruptions } = await new Runner().run(agent, "hi");
      for (const interruption of interruptions) state.approve(interruption);
      const text = state.toString();
      for (let again = 0; again < 2; again++) {
        await new Runner().run(agent, await RunState.fromString(agent, text));
      }
    };
    await expect(askRow(api, "approval", /runs exactly once/, perform)).rejects.toThrow(/2 !== 1/);
  });
});
