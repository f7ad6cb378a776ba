import { Agent, type AgentConfig } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { gateAgent, gateTool } from "@tollgate/mastra";
import type { MockLanguageModelV4 } from "ai/test";
import * as z from "zod";
import { type MeasuredGate, toolCall } from "./measured-gate.ts";
import { prepared, type SampledRow } from "./sampler.ts";

/** Runs of an agent whose model answers at once, and calls of a tool that does nothing, with and without the gate. */
export function mastraRows(
  { run }: MeasuredGate,
  mockModel: () => MockLanguageModelV4,
): readonly SampledRow[] {
  const [bare, gated] = [mockModel(), mockModel()];
  const config = (model: MockLanguageModelV4) => ({
    id: "finance-bot",
    name: "finance-bot",
    instructions: "Be brief.",
    model,
  });
  const refund = refundTool();
  return [
    // Mastra's own types are those of an older provider package.
    agentRow("mastra_generate_bare", bare, new Agent(config(bare) as unknown as AgentConfig)),
    agentRow("mastra_generate_gated", gated, gateAgent(config(gated), run)),
    toolRow("mastra_tool_call_bare", refund),
    toolRow("mastra_tool_call_gated", gateTool(refund, run)),
  ];
}

function agentRow(name: string, mock: MockLanguageModelV4, agent: Agent): SampledRow {
  const prompt = "Was invoice INV-2026-00417 charged twice? Refund it if so.";
  return prepared({
    name,
    calls: 2,
    call: () => agent.generate(prompt),
    after: () => {
      // The mock remembers every call that it got.
      mock.doStreamCalls.length = 0;
      mock.doGenerateCalls.length = 0;
    },
  });
}

function toolRow(name: string, refund: ReturnType<typeof refundTool>): SampledRow {
  const { execute } = refund;
  if (execute === undefined) throw new Error("the tool has nothing to run");
  return prepared({
    name,
    calls: 40,
    call: () =>
      execute(toolCall.params as Parameters<typeof execute>[0], {} as Parameters<typeof execute>[1]),
    after: (result) => {
      if (result !== "refunded") throw new Error("the tool did not run");
    },
  });
}

function refundTool() {
  return createTool({
    id: toolCall.name,
    description: "Refunds a charge.",
    inputSchema: z.object({
      invoice: z.string(),
      amount: z.number(),
      currency: z.string(),
      reason: z.string(),
    }),
    execute: async () => "refunded",
  });
}
