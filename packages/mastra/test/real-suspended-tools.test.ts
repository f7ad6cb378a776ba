import { createTool } from "@mastra/core/tools";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { answerApproval, gateAgent } from "../src/index.ts";
import { agentOf, endingsOf, type Fixture, mailer, open, ruleFor, sends } from "./fixture.ts";

const approve = ruleFor(
  "tool",
  { decision: "require_approval", reason: "mail leaves the house", approver: "boss" },
  "send",
);
const yes = { approved: true, by: "carol" };

describe("two calls in one turn", () => {
  const both = ({ index }: { index: number }) =>
    index === 0
      ? {
          toolCalls: ["bob", "dave"].map((to, at) => ({ id: `call_${at}`, name: "send", arguments: { to } })),
        }
      : { text: "done" };

  it("are asked about one after the other where calls are made one at a time, and each runs once", async () => {
    const fixture = await open(both, approve);
    const { sent, send } = mailer();
    const agent = agentOf(fixture, { tools: { send } });
    const options = { toolCallConcurrency: 1 };
    let output = await agent.generate("hi", options);
    while (output.finishReason === "suspended") {
      const { toolCallId } = output.suspendPayload as { toolCallId: string };
      const answer = answerApproval(output.suspendPayload, yes);
      output = await agent.resumeGenerate(answer, { ...options, runId: String(output.runId), toolCallId });
    }
    expect(output.text).toBe("done");
    expect(sent).toEqual(["bob", "dave"]);
  });

  it("are asked about both at once in a stream, and each runs once", async () => {
    const fixture = await open(both, approve);
    const { sent, send } = mailer();
    const agent = agentOf(fixture, { tools: { send } });
    const output = await agent.stream("hi");
    const asked = new Map<string, unknown>();
    for await (const chunk of output.fullStream) {
      if (chunk.type === "tool-call-suspended") {
        asked.set(chunk.payload.toolCallId, chunk.payload.suspendPayload);
      }
    }
    let text = "";
    for (const [toolCallId, suspendPayload] of asked) {
      const answer = answerApproval(suspendPayload, yes);
      const resumed = await agent.resumeStream(answer, { runId: output.runId, toolCallId });
      text = await resumed.text;
    }
    expect(text).toBe("done");
    expect(sent).toEqual(["bob", "dave"]);
  });
});

describe("a tool that suspends itself", () => {
  /** Asks for a city, then sends mail there. */
  function choosy(sent: string[]) {
    return createTool({
      id: "send",
      description: "Sends mail.",
      inputSchema: z.object({ to: z.string() }),
      suspendSchema: z.object({ question: z.string() }),
      resumeSchema: z.object({ city: z.string() }),
      execute: async ({ to }, { agent }) => {
        if (agent?.resumeData === undefined) return await agent?.suspend({ question: "which city?" });
        return { sent: sent.push(`${to} in ${agent.resumeData.city}`) };
      },
    });
  }

  it.each(["generate", "stream"] as const)("is paid once, when it goes on after %s", async (method) => {
    const fixture = await open(sends(), {
      budgets: [{ id: "mails", limit: "9 calls", match: { kind: "tool" } }],
    });
    const sent: string[] = [];
    const agent = agentOf(fixture, { tools: { send: choosy(sent) } });
    const resume = { city: "Oslo" };
    if (method === "generate") {
      const { runId } = await agent.generate("hi");
      await agent.resumeGenerate(resume, { runId: String(runId) });
    } else {
      const output = await agent.stream("hi");
      await output.text;
      await (await agent.resumeStream(resume, { runId: output.runId })).text;
    }
    expect(sent).toEqual(["bob in Oslo"]);
    expect(await endingsOf(fixture.gate)).toEqual(["settled", "released", "settled", "settled"]);
    expect(await fixture.gate.balances()).toMatchObject([{ held: 0n, spent: 1n }]);
  });

  it("and needs approval is asked about for each time that it runs, and gets what it asked for", async () => {
    const fixture = await open(sends(), approve);
    const sent: string[] = [];
    const agent = agentOf(fixture, { tools: { send: choosy(sent) } });
    const first = await agent.generate("hi");
    const runId = String(first.runId);
    const second = await agent.resumeGenerate(answerApproval(first.suspendPayload, yes), { runId });
    expect(second.suspendPayload).toMatchObject({ suspendPayload: { question: "which city?" } });
    const third = await agent.resumeGenerate({ city: "Oslo" }, { runId });
    expect(sent).toEqual([]);
    const { text } = await agent.resumeGenerate(answerApproval(third.suspendPayload, yes), { runId });
    expect(text).toBe("done");
    expect(sent).toEqual(["bob in Oslo"]);
  });
});

describe("a sub-agent's tool call that needs approval", () => {
  const delegates = ({ index }: { index: number }) => {
    if (index === 0) return { toolCalls: [{ name: "agent-helper", arguments: { prompt: "mail" } }] };
    return index === 1 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" };
  };
  const withHelper = (fixture: Fixture, sent: string[]) => {
    const { send } = mailer(sent);
    const settings = { id: "helper", name: "helper", description: "Helps.", instructions: "Help." };
    const helper = gateAgent({ ...settings, model: fixture.openai("gpt-4o"), tools: { send } }, fixture.gate);
    return agentOf(fixture, { agents: { helper } });
  };

  it.each([
    ["alone", approve],
    [
      "after the sub-agent itself was approved",
      ruleFor("tool", { decision: "require_approval", reason: "?" }),
    ],
  ])("is answered through its caller, %s", async (_how, rule) => {
    const fixture = await open(delegates, rule);
    const sent: string[] = [];
    const boss = withHelper(fixture, sent);
    let output: { finishReason?: unknown; suspendPayload?: unknown; runId?: unknown; text?: string } =
      await boss.generate("hi");
    const runId = String(output.runId);
    for (let asked = 0; asked < 6 && output.finishReason === "suspended"; asked++) {
      expect(sent).toEqual([]);
      output = await boss.resumeGenerate(answerApproval(output.suspendPayload, yes), { runId });
    }
    expect(output.text).toBe("done");
    expect(sent).toEqual(["bob"]);
    expect(fixture.provider.count()).toBe(4);
  });

  it("is answered through its caller in streams, too", async () => {
    const fixture = await open(delegates, approve);
    const sent: string[] = [];
    const boss = withHelper(fixture, sent);
    const output = await boss.stream("hi");
    let asked: unknown;
    for await (const chunk of output.fullStream) {
      if (chunk.type === "tool-call-suspended") asked = chunk.payload.suspendPayload;
    }
    const resumed = await boss.resumeStream(answerApproval(asked, yes), { runId: output.runId });
    expect(await resumed.text).toBe("done");
    expect(sent).toEqual(["bob"]);
    expect(fixture.provider.count()).toBe(4);
  });
});
