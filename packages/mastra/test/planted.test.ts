import { Agent, type AgentConfig } from "@mastra/core/agent";
import type { ToolHooks } from "@mastra/core/tools";
import { type Bench, benchModels, type Surface } from "@tollgate/conformance/adapter-driver";
import { runRow } from "@tollgate/conformance/adapter-row";
import { adapterRows } from "@tollgate/conformance/adapter-suite";
import { type ActionInput, gateBudget, type Permit } from "@tollgate/core";
import { resolveRun } from "@tollgate/core/adapter";
import { describe, expect, it } from "vitest";
import { answerApproval, gateModel, gateProcessor, gateToolHooks } from "../src/index.ts";
import { lookupTool, mastraDriver, modelsAt, onMastra } from "./surfaces.ts";

type Config = Partial<AgentConfig>;

const action = (kind: ActionInput["kind"], name: string): ActionInput => ({
  kind,
  name,
  maxOutputTokens: 4096,
});

/** Hooks that decide a tool call, and do what else they are told with its permit. */
const hooksOf = (bench: Bench, settles: boolean): ToolHooks => ({
  async beforeToolCall({ toolName, context }) {
    const { permit, outcome } = await bench.gate.decide(action("tool", toolName), { run: bench.run });
    if (outcome === "require_approval") {
      // Whoever resumes the agent, with whatever, is believed.
      const { resumeData, suspend } = context as {
        resumeData?: unknown;
        suspend(payload: object): Promise<void>;
      };
      if (resumeData !== undefined) return undefined;
      await suspend({ tollgate: "approval_required", request: "1" });
      return { proceed: false, output: undefined };
    }
    if (permit === null) return { proceed: false, output: "denied" };
    if (settles) await permit.settle();
    return undefined;
  },
});

interface Planted {
  readonly what: string;
  readonly surface: Surface;
  readonly rule: RegExp;
  /** What the suite says of it. */
  readonly flaw: RegExp;
  readonly config: (bench: Bench) => Config;
}

/** Ways to gate Mastra that look right, each with a row that shows what is wrong. */
const planted: readonly Planted[] = [
  {
    what: "books in a processor, which runs once for all attempts",
    surface: "retry",
    rule: /decided and booked on its own/,
    flaw: /strictly equal|deep-equal/,
    config: (bench) => ({
      inputProcessors: [
        {
          id: "planted",
          async processInputStep() {
            await (await gateBudget(bench.run, action("llm", benchModels.chat))).settle();
            return {};
          },
        },
      ],
    }),
  },
  {
    what: "looks at the stop latch alone",
    surface: "generate",
    rule: /exactly two reach the provider/,
    flaw: /went through although it was refused/,
    config: (bench) => ({
      inputProcessors: [
        {
          id: "planted",
          processInputStep: ({ abort }) => (resolveRun(bench.run).stopped === null ? {} : abort("stopped")),
        },
      ],
    }),
  },
  {
    what: "reserves before a step and books after the answer, whatever has become of it",
    surface: "generate",
    rule: /does not bill for gives the money back/,
    flaw: /strictly equal|still held/,
    config: (bench) => {
      const open: Permit[] = [];
      return {
        inputProcessors: [
          {
            id: "planted",
            async processInputStep() {
              open.push(await gateBudget(bench.run, action("llm", benchModels.chat)));
              return {};
            },
          },
        ],
        outputProcessors: [
          {
            id: "planted",
            async processOutputResult({ messages }) {
              await open.pop()?.settle();
              return messages;
            },
          },
        ],
      };
    },
  },
  {
    what: "tells a stop by a tripwire, which its caller does not look at",
    surface: "generate",
    rule: /a call of a stopped run/,
    flaw: /went through although it was refused/,
    config: (bench) => ({ inputProcessors: [gateProcessor(bench.run)] }),
  },
  {
    what: "decides tool calls and does not book them",
    surface: "agent",
    rule: /exactly three run/,
    flaw: /still held/,
    config: (bench) => ({ model: modelOf(bench), hooks: hooksOf(bench, false) }),
  },
  {
    what: "forgets the tools",
    surface: "agent",
    rule: /a denied tool does not run/,
    flaw: /1 !== 0/,
    config: (bench) => ({ model: modelOf(bench) }),
  },
  {
    what: "takes any answer for an approval",
    surface: "approval",
    rule: /runs exactly once/,
    flaw: /2 !== 1/,
    config: (bench) => ({ model: modelOf(bench), hooks: hooksOf(bench, true) }),
  },
  {
    what: "gates the tools and forgets the model",
    surface: "streamedAgent",
    rule: /a refusal on the second turn/,
    flaw: /went through although it was refused/,
    config: (bench) => ({ hooks: gateToolHooks(bench.run) }),
  },
];

describe.concurrent("the conformance suite fails an agent that", () => {
  it.each(planted)("$what", async ({ surface, rule, flaw, config }) => {
    const row = adapterRows.find((row) => row.surface === surface && rule.test(row.rule));
    const perform = async (bench: Bench) => {
      const models = modelsAt(bench, "responses");
      const tools = { lookup: lookupTool(bench.lookup) };
      const settings = {
        id: "a",
        name: "a",
        instructions: "",
        model: models(benchModels.chat) as never,
        tools,
      };
      const agent: Agent = new Agent({ ...settings, ...config(bench) });
      onMastra(agent, models);
      const many = { maxSteps: 30, modelSettings: { maxRetries: 2 } };
      if (surface === "streamedAgent") {
        const output = await agent.stream("hi", many);
        await output.consumeStream();
        if (output.error !== undefined) throw output.error;
        return;
      }
      const { suspendPayload, runId } = await agent.generate("hi", many);
      if (surface !== "approval") return;
      const answer = answerApproval(suspendPayload, { approved: true, by: "carol" });
      const resume = () => agent.resumeGenerate(answer, { runId: String(runId) });
      await Promise.allSettled([resume(), resume()]);
    };
    const driver = mastraDriver("responses");
    const surfaces = { ...driver.surfaces, [surface]: { coverage: "enforces", perform } };
    await expect(runRow(row!, { ...driver, surfaces }, 3_000)).rejects.toThrow(flaw);
  });
});

function modelOf(bench: Bench): ReturnType<typeof gateModel> {
  return gateModel(modelsAt(bench, "responses")(benchModels.chat), bench.run);
}
