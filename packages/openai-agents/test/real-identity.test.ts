import {
  Agent,
  type AgentOptions,
  handoff,
  MemorySession,
  Runner,
  setTraceProcessors,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import type { IdentityBench, IdentityDriver } from "@tollgate/conformance/identity-driver";
import { identityConformance } from "@tollgate/conformance/identity-suite";
import type { RunInput } from "@tollgate/core";
import { createIdentity } from "@tollgate/core/identity";
import { manualClock } from "@tollgate/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { gateGuardrails, gateModelProvider, gateTools } from "../src/index.ts";
import { open, receiptsOf } from "./fixture.ts";
import { type Api, apis, clientAt, openaiProvider } from "./surfaces.ts";

const toolsOf = (bench: IdentityBench) =>
  gateTools(
    (["search", "pay"] as const).map((name) =>
      tool({
        name,
        description: name,
        parameters: z.object({ text: z.string() }),
        execute: ({ text }) => bench.use(name, text),
      }),
    ),
    bench.gate,
  );

/** Each caller in a run and a session of their own, of one agent and one runner. */
function talkTo(api: Api, bench: IdentityBench, agent: Agent, isStreamed = false) {
  const modelProvider = gateModelProvider(openaiProvider(api, clientAt(bench)), bench.gate);
  const runner = new Runner({ modelProvider });
  return (who: RunInput) => {
    const run = bench.gate.run(who);
    const session = new MemorySession();
    return (prompt: string) =>
      bench.gate.withRun(run, async () => {
        if (!isStreamed) return await runner.run(agent, prompt, { session });
        const result = await runner.run(agent, prompt, { session, stream: true });
        for await (const _event of result);
        return await result.completed;
      });
  };
}

const agentOf = (bench: IdentityBench, options: Partial<AgentOptions> = {}) =>
  new Agent({ name: "outer", model: "gpt-4o", tools: toolsOf(bench), ...options });

const innerOf = (bench: IdentityBench) => agentOf(bench, { name: "inner", model: "gpt-4o-mini" });

const nestedOver = (api: Api): IdentityDriver["nested"] => [
  {
    what: "an agent that is handed over to",
    delegate: () => ({ name: "transfer_to_inner", arguments: {} }),
    open: (bench) => talkTo(api, bench, agentOf(bench, { tools: [], handoffs: [handoff(innerOf(bench))] })),
  },
  {
    what: "an agent that is a tool",
    delegate: (prompt) => ({ name: "inner", arguments: { input: prompt } }),
    open: (bench) => {
      const asTool = innerOf(bench).asTool({
        toolName: "inner",
        toolDescription: "Asks another.",
        runConfig: { modelProvider: gateModelProvider(openaiProvider(api, clientAt(bench)), bench.gate) },
      });
      return talkTo(api, bench, agentOf(bench, { tools: gateTools([asTool], bench.gate) }));
    },
  },
];

describe.each(apis)("callers with tokens, over %s", (api) => {
  identityConformance({
    name: `@tollgate/openai-agents over ${api}`,
    open: (bench) => talkTo(api, bench, agentOf(bench)),
    nested: nestedOver(api),
  });
  identityConformance({
    name: `@tollgate/openai-agents over ${api}, streamed,`,
    open: (bench) => talkTo(api, bench, agentOf(bench), true),
    nested: [],
  });
});

describe("the group of a trace, in a run with a credential", () => {
  beforeAll(() => {
    setTracingDisabled(false);
    setTraceProcessors([]);
    return () => setTracingDisabled(true);
  });

  const shows = async (subject: { readonly agent: string; readonly session?: string }) => {
    const clock = manualClock();
    const script = ({ index }: { index: number }) =>
      index === 0 ? { toolCalls: [{ name: "look", arguments: {} }] } : { text: "done" };
    const { gate, client } = await open(script, {
      clock,
      // Answers later, as whoever has to ask somebody does.
      identity: createIdentity(async () => ({
        subject,
        expiresAt: clock.now() + 1,
        callerFills: ["session"],
      })),
    });
    const look = tool({ name: "look", description: "", parameters: z.object({}), execute: () => "seen" });
    const modelProvider = gateModelProvider(openaiProvider("Responses", client), gate);
    const guardrails = gateGuardrails(gate, { modelProvider });
    const agent = new Agent({
      name: "a",
      model: "gpt-4o",
      tools: gateTools([look], gate),
      ...guardrails,
    });
    const runner = new Runner({ modelProvider, groupId: "chat-7" });
    await gate.withRun(gate.run({ credential: "any" }), () => runner.run(agent, "hi"));
    return (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision"
        ? [`${body.action.kind} ${body.decision.code} ${body.action.subject?.session}`]
        : [],
    );
  };

  it("gives way to the session that the credential says, from the first action on", async () => {
    expect(await shows({ agent: "a", session: "mine" })).toEqual([
      "other allowed mine",
      "llm allowed mine",
      "tool allowed mine",
      "llm allowed mine",
    ]);
  });

  it("is the session where the credential says none and lets it be said", async () => {
    expect(await shows({ agent: "a" })).toEqual([
      "other allowed chat-7",
      "llm allowed chat-7",
      "tool allowed chat-7",
      "llm allowed chat-7",
    ]);
  });
});
