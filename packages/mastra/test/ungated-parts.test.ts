import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { createScorer } from "@mastra/core/evals";
import { ModerationProcessor } from "@mastra/core/processors";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { Memory } from "@mastra/memory";
import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { type GateAgentOptions, gateAgent, gateModel, gateTool } from "../src/index.ts";
import { agentOf, type Config, mailer, open } from "./fixture.ts";

const run = createGate().run();
const raw = "openai/gpt-4o";
const settings = { id: "a", name: "a", instructions: "", model: raw };
const make = (config: Config, options: GateAgentOptions = {}) =>
  gateAgent({ ...settings, ...config }, run, options);

const judgedBy = (model: unknown) =>
  createScorer({
    id: "s",
    description: "",
    judge: { model: model as never, instructions: "judge" },
  }).generateScore({
    description: "",
    createPrompt: () => "score",
  });
const judgedInStep = createScorer({ id: "s", description: "" }).generateScore({
  description: "",
  judge: { model: raw, instructions: "judge" },
  createPrompt: () => "score",
});
const gated = gateModel(createOpenAI({ apiKey: "none" })("gpt-4o"), run);
const byCode = createScorer({ id: "s", description: "" }).generateScore(() => 1);
const tool = (requireApproval: unknown) =>
  createTool({ id: "t", description: "", requireApproval: requireApproval as never, execute: async () => 1 });
const memory = (observationalMemory: unknown) =>
  new Memory({
    storage: new InMemoryStore(),
    options: { observationalMemory: observationalMemory as never },
  });

/** What would pass by the gate, with the path that the refusal names. */
const holes: readonly (readonly [path: string, config: object])[] = [
  ["scorers.quality.scorer.config.judge.model", { scorers: { quality: { scorer: judgedBy(raw) } } }],
  ["scorers.quality.scorer", { scorers: { quality: { scorer: judgedInStep } } }],
  ["inputProcessors.0.moderationAgent", { inputProcessors: [new ModerationProcessor({ model: raw })] }],
  ["outputProcessors.0.moderationAgent", { outputProcessors: [new ModerationProcessor({ model: raw })] }],
  ["errorProcessors.0.model", { errorProcessors: [{ id: "e", model: () => raw, processAPIError() {} }] }],
  ["agents.helper", { agents: { helper: new Agent(settings) } }],
  ["memory.observationalMemory.model", { memory: memory(true) }],
  ["memory.observationalMemory.model", { memory: memory({ scope: "thread" }) }],
  ["memory.threadConfig.observationalMemory.model", { memory: memory({ model: raw }) }],
  [
    "memory.threadConfig.observationalMemory.observation.model",
    { memory: memory({ observation: { model: raw } }) },
  ],
  ["tools.t.requireApproval", { tools: { t: tool(() => false) } }],
  ["tools.send", { tools: { send: gateTool(mailer().send, run) } }],
  ["browser.llm.model", { browser: { providerType: "sdk", llm: { model: raw } } }],
  ["durable", { durable: true }],
  ["goal", { goal: { judge: raw } }],
  ["model", { model: { specificationVersion: "v1", doGenerate() {}, doStream() {} } }],
  ["model", { model: [{ model: raw }, { model: { specificationVersion: "v1" } }] }],
  [
    "scorers.quality.scorer.config.judge.model",
    { defaultOptions: { scorers: { quality: { scorer: judgedBy(raw) } } } },
  ],
];

describe("gateAgent refuses, when the agent is made,", () => {
  it.each(holes)("%s", (path, config) => {
    expect(() => make(config)).toThrow(
      expect.objectContaining({ code: "invalid_config", field: expect.stringContaining(path) }),
    );
  });
});

describe("gateAgent takes", () => {
  it.each<readonly [what: string, config: object]>([
    ["a scorer that is code", { scorers: { quality: { scorer: byCode } } }],
    ["a scorer whose judge is gated", { scorers: { q: { scorer: judgedBy(gated) } } }],
    ["a processor whose model is gated", { inputProcessors: [new ModerationProcessor({ model: gated })] }],
    ["a sub-agent that is gated", { agents: { helper: gateAgent(settings, run) } }],
    ["memory that does not observe", { memory: memory(false) }],
    ["memory that observes with a gated model", { memory: memory({ model: gated }) }],
    ["a tool that always wants Mastra's approval, too", { tools: { t: tool(true) } }],
  ])("%s", (_what, config) => {
    expect(make(config)).toBeInstanceOf(Agent);
  });

  it("what is listed as ungated", () => {
    const ungated = ["scorers.q", "agents.helper", "memory", "durable", "goal", "inputProcessors"];
    const config = {
      scorers: { q: { scorer: judgedBy(raw) } },
      agents: { helper: new Agent(settings) },
      memory: memory(true),
      inputProcessors: [new ModerationProcessor({ model: raw })],
      goal: { judge: raw },
    };
    expect(make(config, { ungated })).toBeInstanceOf(Agent);
  });
});

describe("what a function answers for a request is looked at then", () => {
  it.each<readonly [what: string, config: object]>([
    ["scorers", { scorers: () => ({ quality: { scorer: judgedBy(raw) } }) }],
    ["agents", { agents: () => ({ helper: new Agent(settings) }) }],
    ["memory", { memory: () => memory(true) }],
    ["tools", { tools: () => ({ t: tool(() => false) }) }],
    ["inputProcessors", { inputProcessors: () => [new ModerationProcessor({ model: raw })] }],
    ["defaultOptions", { defaultOptions: () => ({ scorers: { quality: { scorer: judgedBy(raw) } } }) }],
  ])("%s", async (what, config) => {
    const fixture = await open();
    const agent = agentOf(fixture, config);
    const answer = agent.generate("hi");
    if (what === "scorers") {
      // Mastra scores behind the answer, and only logs what goes wrong.
      expect((await answer).text).toBe("ok");
      expect(fixture.provider.count()).toBe(1);
      return;
    }
    await expect(answer).rejects.toThrow(/gate/);
    expect(fixture.provider.count()).toBe(0);
  });
});

describe("what a call brings along is looked at, too", () => {
  it.each<readonly [what: string, options: object]>([
    ["scorers", { scorers: { quality: { scorer: judgedBy(raw) } } }],
    ["a scorer of Mastra's, by name", { scorers: { quality: { scorer: "quality" } } }],
    ["isTaskComplete", { isTaskComplete: { scorers: [judgedBy(raw)] } }],
    ["inputProcessors", { inputProcessors: [new ModerationProcessor({ model: raw })] }],
    ["outputProcessors", { outputProcessors: [new ModerationProcessor({ model: raw })] }],
    ["toolsets", { toolsets: { more: { t: tool(() => false) } } }],
    ["clientTools", { clientTools: { t: tool(() => false) } }],
  ])("%s", async (_what, options) => {
    const fixture = await open();
    await expect(agentOf(fixture).generate("hi", options)).rejects.toMatchObject({ code: "invalid_config" });
    await expect(agentOf(fixture).stream("hi", options)).rejects.toMatchObject({ code: "invalid_config" });
    expect(fixture.provider.count()).toBe(0);
  });
});
