import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import type { Verdict } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel, gateTool, gateToolHooks } from "../src/index.ts";
import {
  agentOf,
  decisionsOf,
  endingsOf,
  errorOf,
  type Fixture,
  mailer,
  open,
  register,
  ruleFor,
  sends,
  toldIn,
} from "./fixture.ts";

const deny = { evaluators: [denyTools(["send"])] };
const options = { maxSteps: 10 };

/** An agent whose hooks, but not whose methods, are gated. */
function hookedAgent(
  { openai, run }: Fixture,
  tools: ConstructorParameters<typeof Agent>[0]["tools"],
  actions = {},
) {
  return register(
    new Agent({
      id: "a",
      name: "a",
      instructions: "",
      model: gateModel(openai("gpt-4o"), run),
      hooks: gateToolHooks(run, { actions }),
      ...(tools === undefined ? {} : { tools }),
    }),
  );
}

describe("a denied tool call", () => {
  it("does not run, and the model is told the denial payload", async () => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    await hookedAgent(fixture, { send }).generate("hi", options);
    expect(sent).toEqual([]);
    const [told] = /\{\\\\\\"tollgate.*?\}/.exec(toldIn(fixture, 1)) ?? [];
    expect(told).toMatch(/denied.*policy_denied.*receipt/);
  });

  it("does not run where a hook of the call answers that it may", async () => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    const hooks = { beforeToolCall: () => ({ proceed: true }) as never };
    await agentOf(fixture, { tools: { send } }).generate("hi", { hooks });
    expect(sent).toEqual([]);
    expect(await decisionsOf(fixture.gate)).toContain("tool send deny");
  });

  it("is an error that passes by the tool's own toModelOutput", async () => {
    const fixture = await open(sends(), deny);
    const send = createTool({
      id: "send",
      description: "",
      inputSchema: z.object({ to: z.string() }),
      outputSchema: z.object({ sent: z.number() }),
      execute: async () => ({ sent: 1 }),
      toModelOutput: (output) => ({
        type: "text",
        value: `${(output as { sent: number }).sent.toFixed()} sent`,
      }),
    });
    expect((await hookedAgent(fixture, { send }).generate("hi", options)).text).toBe("done");
    expect(toldIn(fixture, 1)).toMatch(/policy_denied/);
  });
});

describe("a skipped tool call", () => {
  it.each([
    ["the rule's result", { sent: 7 }, /\\"sent\\":7/],
    ["the denial payload where the rule has none", undefined, /skipped/],
  ])("does not run, and the model is told %s", async (_what, result, told) => {
    const verdict: Verdict = { decision: "skip", reason: "known", ...(result && { result }) };
    const fixture = await open(sends(), ruleFor("tool", verdict));
    const { sent, send } = mailer();
    await hookedAgent(fixture, { send }).generate("hi", options);
    expect(sent).toEqual([]);
    expect(toldIn(fixture, 1)).toMatch(told);
  });
});

describe("a degraded tool call", () => {
  it("runs with what the rule has changed", async () => {
    const verdict: Verdict = {
      decision: "degrade",
      patch: { params: { to: "carol" } },
      reason: "redirected",
    };
    const fixture = await open(sends(), ruleFor("tool", verdict));
    const { sent, send } = mailer();
    await hookedAgent(fixture, { send }).generate("hi", options);
    expect(sent).toEqual(["carol"]);
  });
});

describe("a tool call that was let through", () => {
  it("costs what its tool's action says", async () => {
    const fixture = await open(sends(), { budgets: [{ id: "mails", limit: "10 emails" }] });
    const { send } = mailer();
    const emails = (input: unknown) => ({ amounts: { emails: BigInt((input as { to: string }).to.length) } });
    await hookedAgent(fixture, { send }, { send: emails }).generate("hi", options);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 3n, held: 0n }]);
  });

  it("is booked when its tool throws, too", async () => {
    const fixture = await open(sends());
    const send = createTool({
      id: "send",
      description: "",
      inputSchema: z.object({ to: z.string() }),
      execute: async () => {
        throw new Error("no server");
      },
    });
    await hookedAgent(fixture, { send }).generate("hi", options);
    expect(await endingsOf(fixture.gate)).toEqual(["settled", "settled", "settled"]);
    expect(toldIn(fixture, 1)).toMatch(/no server/);
  });
});

describe("the hooks of an agent made by gateAgent", () => {
  const hooks = (seen: string[]) => ({
    beforeToolCall: ({ input }: { input: unknown }) => {
      seen.push("before");
      Object.assign(input as object, { to: "dave" });
    },
    afterToolCall: () => void seen.push("after"),
  });

  it("are asked before the gate, which decides what they have made of the input", async () => {
    const fixture = await open(sends());
    const { sent, send } = mailer();
    const seen: string[] = [];
    await agentOf(fixture, { tools: { send }, hooks: hooks(seen) }).generate("hi");
    expect(seen).toEqual(["before", "after"]);
    expect(sent).toEqual(["dave"]);
  });

  it("can answer a call themselves, which the gate is not asked about then", async () => {
    const fixture = await open(sends());
    const { sent, send } = mailer();
    const beforeToolCall = () => ({ proceed: false as const, output: "mocked" });
    await agentOf(fixture, { tools: { send }, hooks: { beforeToolCall } }).generate("hi");
    expect(sent).toEqual([]);
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o allow"]);
  });

  it.each(["generate", "stream"] as const)("given for one %s do not replace the gate's", async (method) => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    const agent = agentOf(fixture, { tools: { send } });
    const seen: string[] = [];
    const given = { hooks: hooks(seen) };
    await (method === "generate" ? agent.generate("hi", given) : (await agent.stream("hi", given)).text);
    expect(seen).toEqual(["before"]);
    expect(sent).toEqual([]);
  });

  it("given for one call one by one leave the agent's other hook in place", async () => {
    const fixture = await open(sends());
    const { send } = mailer();
    const seen: string[] = [];
    const agent = agentOf(fixture, { tools: { send }, hooks: hooks(seen) });
    await agent.generate("hi", { hooks: { afterToolCall: () => void seen.push("other after") } });
    expect(seen).toEqual(["before", "other after"]);
    expect(await endingsOf(fixture.gate)).toEqual(["settled", "settled", "settled"]);
  });

  it("given as a default do not replace the gate's", async () => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    const agent = agentOf(fixture, { tools: { send }, defaultOptions: { hooks: hooks([]) } as never });
    await agent.generate("hi");
    expect(sent).toEqual([]);
  });
});

describe("tools that come past the agent's own", () => {
  it("of a toolset are decided", async () => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    await agentOf(fixture).generate("hi", { toolsets: { mail: { send } } });
    expect(sent).toEqual([]);
    expect(await decisionsOf(fixture.gate)).toContain("tool send deny");
  });

  it("of a client are decided where they run here", async () => {
    const fixture = await open(sends(), deny);
    const { sent, send } = mailer();
    await agentOf(fixture).generate("hi", { clientTools: { send } });
    expect(sent).toEqual([]);
  });

  it("put into a step by prepareStep, past the hooks, are decided, denied and allowed", async () => {
    for (const rule of [deny, {}]) {
      const fixture = await open(sends(), rule);
      const { sent, send } = mailer();
      const agent = agentOf(fixture);
      await agent.generate("hi", { prepareStep: async () => ({ tools: { send } }) });
      expect(sent).toEqual("evaluators" in rule ? [] : ["bob"]);
      expect(await decisionsOf(fixture.gate)).toContain(
        `tool send ${"evaluators" in rule ? "deny" : "allow"}`,
      );
    }
  });

  it("put into a step by a processor, past the hooks, are decided once, and the agent's own too", async () => {
    for (const rule of [deny, {}]) {
      const fixture = await open(sends(2), rule);
      const { sent, send } = mailer();
      const own = mailer();
      const injects = {
        id: "injects",
        processInputStep: ({
          tools = {},
          stepNumber,
        }: {
          tools?: Record<string, unknown>;
          stepNumber: number;
        }) => (stepNumber === 0 ? { tools: { ...tools, send } } : {}),
      };
      const agent = agentOf(fixture, { tools: { send: own.send }, inputProcessors: [injects] });
      await agent.generate("hi");
      const isDenied = "evaluators" in rule;
      expect([sent, own.sent]).toEqual(isDenied ? [[], []] : [["bob"], ["bob"]]);
      const decisions = (await decisionsOf(fixture.gate)).filter((decision) => decision.startsWith("tool"));
      expect(decisions).toEqual(Array(2).fill(`tool send ${isDenied ? "deny" : "allow"}`));
    }
  });
});

describe("gateTool", () => {
  const input = { to: "bob" };

  it("throws the refusal at code that calls the tool", async () => {
    const { run } = await open(undefined, deny);
    const { sent, send } = mailer();
    const gated = gateTool(send as { execute(input: object, context: object): Promise<unknown> }, run);
    expect(await errorOf(gated.execute(input, {}))).toMatchObject({ code: "action_denied" });
    expect(sent).toEqual([]);
  });

  it("answers a skip's result, and runs with what a degrade has changed", async () => {
    const skip = await open(undefined, ruleFor("tool", { decision: "skip", reason: "known", result: 7 }));
    const degrade = await open(
      undefined,
      ruleFor("tool", { decision: "degrade", patch: { params: { to: "eve" } }, reason: "x" }),
    );
    const { sent, send } = mailer();
    const tool = send as { execute(input: object, context: object): Promise<unknown> };
    expect(await gateTool(tool, skip.run).execute(input, {})).toBe(7);
    await gateTool(tool, degrade.run).execute(input, {});
    expect(sent).toEqual(["eve"]);
  });

  it("makes what the tool does belong to the same run", async () => {
    const { gate, run } = await open();
    const seen: (string | undefined)[] = [];
    const tool = { id: "t", execute: async () => void seen.push(gate.currentRun()?.id) };
    await gateTool(tool, run).execute();
    expect(seen).toEqual([run.id]);
  });
});
