import type { Agent } from "@mastra/core/agent";
import { createScorer } from "@mastra/core/evals";
import { InMemoryStore } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { ActionDenied, findDenial } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateAgent, gateModel } from "../src/index.ts";
import { agentOf, decisionsOf, errorOf, mailer, open, ruleFor, runsOf, sends, toldIn } from "./fixture.ts";

/** The boss asks the researcher, who answers; then the boss answers. */
const delegates = ({ index }: { index: number }) =>
  index === 0
    ? { toolCalls: [{ name: "agent-researcher", arguments: { prompt: "look" } }] }
    : { text: index === 1 ? "found" : "done" };

const settings = { id: "researcher", name: "researcher", description: "Looks.", instructions: "Look." };

describe("a sub-agent", () => {
  it("is decided as a tool, and its model calls are a child run's of its caller's", async () => {
    const fixture = await open(delegates);
    const researcher = gateAgent({ ...settings, model: fixture.openai("gpt-4o") }, fixture.gate);
    const boss = agentOf(fixture, { agents: { researcher } });
    expect((await boss.generate("hi")).text).toBe("done");
    const { id } = fixture.run;
    expect(await runsOf(fixture)).toEqual([
      `gpt-4o ${id} -`,
      `agent-researcher ${id} -`,
      expect.stringMatching(`^gpt-4o (?!${id}).* ${id}$`),
      `gpt-4o ${id} -`,
    ]);
  });

  it("draws on its caller's budgets, and its refusal is a tool's error to its caller", async () => {
    const fixture = await open(delegates, {
      budgets: [{ id: "calls", limit: "1 calls", per: "run", match: { kind: "llm" } }],
    });
    const researcher = gateAgent({ ...settings, model: fixture.openai("gpt-4o") }, fixture.gate);
    const error = await errorOf(agentOf(fixture, { agents: { researcher } }).generate("hi"));
    expect(error).toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(1);
  });

  it("is not asked when it is denied, and its caller's model is told so", async () => {
    const fixture = await open(
      ({ index }) => (index === 0 ? delegates({ index }) : { text: "done" }),
      ruleFor("tool", { decision: "deny", reason: "alone" }),
    );
    const researcher = gateAgent({ ...settings, model: fixture.openai("gpt-4o") }, fixture.gate);
    await agentOf(fixture, { agents: { researcher } }).generate("hi");
    expect(fixture.provider.count()).toBe(2);
    expect(toldIn(fixture, 1)).toMatch(/policy_denied/);
  });
});

describe("a thread's title", () => {
  const memory = () => new Memory({ storage: new InMemoryStore(), options: { generateTitle: true } });
  const thread = { memory: { thread: "t", resource: "r" } };
  const titled = async (agent: Agent) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { text } = await agent.generate("hi", { memory: { ...thread.memory, onTitleGenerated: resolve } });
    return { text, title: promise };
  };

  it("is made through the gate, in the run of the call", async () => {
    const fixture = await open();
    await (await titled(agentOf(fixture, { memory: memory() }))).title;
    expect(await runsOf(fixture)).toEqual([`gpt-4o ${fixture.run.id} -`, `gpt-4o ${fixture.run.id} -`]);
    expect(fixture.provider.count()).toBe(2);
  });

  it("is made by the gated form of a model of its own", async () => {
    const fixture = await open();
    const model = fixture.openai("gpt-4o-mini") as never;
    const memory = new Memory({ storage: new InMemoryStore(), options: { generateTitle: { model } } });
    const { title } = await titled(agentOf(fixture, { memory }, { ungated: ["memory"] }));
    await title;
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
  });

  it("that is refused in the middle of a call does not end the call", async () => {
    const fixture = await open(undefined, { budgets: [{ id: "calls", limit: "1 calls" }] });
    const agent = agentOf(fixture);
    const asked: unknown[] = [];
    const onStepFinish = async () => {
      asked.push(await errorOf(agent.generateTitleFromUserMessage({ message: "hi" })));
    };
    expect((await agent.generate("hi", { onStepFinish })).text).toBe("ok");
    expect(asked.map((error) => findDenial(error)?.code)).toEqual(["action_denied"]);
  });

  it("is done without when it is refused: the answer stands", async () => {
    const fixture = await open(undefined, { budgets: [{ id: "calls", limit: "1 calls" }] });
    const agent = agentOf(fixture, { memory: memory() });
    const { text } = await agent.generate("hi", thread);
    expect(text).toBe("ok");
    await expect.poll(() => decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o deny"]);
    expect(fixture.provider.count()).toBe(1);
  });
});

describe("a scorer's judge", () => {
  it("that is gated is decided as any model", async () => {
    const fixture = await open(({ model }) => ({ text: model === "gpt-4o" ? "ok" : '{"score":1}' }));
    const scorer = createScorer({
      id: "quality",
      description: "Judges.",
      judge: { model: gateModel(fixture.openai("gpt-4o-mini"), fixture.run), instructions: "Judge." },
    }).generateScore({ description: "", createPrompt: () => "Score it." });
    const agent = agentOf(fixture, {
      scorers: { quality: { scorer, sampling: { type: "ratio", rate: 1 } } },
    });
    await agent.generate("hi");
    await expect.poll(() => decisionsOf(fixture.gate)).toContain("llm gpt-4o-mini allow");
  });
});

describe("what a call puts into the place of the agent's own", () => {
  it("is gated: a model that prepareStep answers, even without the agent's processors", async () => {
    const fixture = await open();
    await agentOf(fixture).generate("hi", {
      inputProcessors: [],
      prepareStep: () => ({ model: fixture.openai("gpt-4o-mini") as never }),
    });
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o-mini allow"]);
  });

  it("is gated: a model that a processor of the call answers", async () => {
    const fixture = await open();
    const chooses = { id: "c", processInputStep: () => ({ model: fixture.openai("gpt-4o-mini") as never }) };
    for (const inputProcessors of [[chooses], []]) {
      await agentOf(fixture, { inputProcessors: [chooses] }).generate("hi", { inputProcessors });
    }
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o-mini allow", "llm gpt-4o allow"]);
  });

  it("is gated: a model that Mastra itself hands on", async () => {
    const fixture = await open();
    const mini = fixture.openai("gpt-4o-mini") as never;
    const agent = agentOf(fixture);
    const lists = [[{ model: mini }], () => [{ model: mini }] as never];
    const handed = [
      (await agent.getLLM({ model: mini })).getModel(),
      await agent.getModel({ modelConfig: mini }),
      ...(await Promise.all(lists.map((model) => agentOf(fixture, { model }).getModel()))),
    ];
    const call = { prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] };
    for (const model of handed) await Reflect.apply(model.doStream, model, [call]);
    expect(await decisionsOf(fixture.gate)).toEqual(Array(4).fill("llm gpt-4o-mini allow"));
  });

  it("is gated: the agent that Mastra makes of it for another version of its settings", async () => {
    const fixture = await open(sends(), ruleFor("tool", { decision: "deny", reason: "no mail" }));
    const { sent, send } = mailer();
    const fork = agentOf(fixture, { tools: { send } }).__fork();
    await fork.generate("hi", { hooks: { beforeToolCall: () => undefined } });
    expect(sent).toEqual([]);
    expect(await decisionsOf(fixture.gate)).toEqual([
      "llm gpt-4o allow",
      "tool send deny",
      "llm gpt-4o allow",
    ]);
  });
});

describe("structured output", () => {
  const schema = z.object({ city: z.string() });

  it("by a model of its own is made through the gate", async () => {
    const fixture = await open(() => ({ text: '{"city":"Oslo"}' }));
    const { object } = await agentOf(fixture).generate("hi", {
      structuredOutput: { schema, model: fixture.openai("gpt-4o-mini") as never },
    });
    expect(object).toEqual({ city: "Oslo" });
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
  });

  it("by a model of its own that is refused rejects with the refusal, whatever Mastra would answer instead", async () => {
    const fixture = await open(() => ({ text: '{"city":"Oslo"}' }), {
      budgets: [{ id: "calls", limit: "1 calls" }],
    });
    const call = agentOf(fixture).generate("hi", {
      structuredOutput: {
        schema,
        model: fixture.openai("gpt-4o-mini") as never,
        errorStrategy: "fallback",
        fallbackValue: { city: "nowhere" },
      },
    });
    expect(await errorOf(call)).toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(1);
  });

  it("by a model of its own that is refused rejects with the gate's error where Mastra would with its own", async () => {
    const fixture = await open(() => ({ text: '{"city":"Oslo"}' }), {
      budgets: [{ id: "calls", limit: "1 calls" }],
    });
    const model = fixture.openai("gpt-4o-mini") as never;
    const call = agentOf(fixture).generate("hi", {
      structuredOutput: { schema, model, errorStrategy: "strict" },
    });
    expect(await errorOf(call)).toBeInstanceOf(ActionDenied);
  });

  it("by a model that the defaults name is made through the gate", async () => {
    const fixture = await open(() => ({ text: '{"city":"Oslo"}' }));
    const model = fixture.openai("gpt-4o-mini") as never;
    const agent = agentOf(fixture, { defaultOptions: { structuredOutput: { schema, model } } as never });
    await agent.generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
  });
});
