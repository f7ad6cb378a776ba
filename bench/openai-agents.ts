import {
  Agent,
  type Model,
  type ModelResponse,
  RunContext,
  Runner,
  setTracingDisabled,
  tool,
  Usage,
} from "@openai/agents";
import { gateModel, gateTool } from "@tollgate/openai-agents";
import * as z from "zod";
import { type MeasuredGate, toolCall } from "./measured-gate.ts";
import { prepared, type SampledRow } from "./sampler.ts";

/** Runs of an agent whose model answers at once, and calls of a tool that does nothing, with and without the gate. */
export function openaiAgentsRows({ run }: MeasuredGate): readonly SampledRow[] {
  setTracingDisabled(true);
  const refund = refundTool();
  return [
    agentRow("openai_agents_run_bare", instantModel()),
    agentRow(
      "openai_agents_run_gated",
      gateModel(instantModel(), run, { name: "gpt-4o", provider: "openai" }),
    ),
    toolRow("openai_agents_tool_call_bare", refund),
    toolRow("openai_agents_tool_call_gated", gateTool(refund, run)),
  ];
}

function agentRow(name: string, model: Model): SampledRow {
  const agent = new Agent({ name: "finance-bot", model });
  const runner = new Runner({ tracingDisabled: true });
  const prompt = "Was invoice INV-2026-00417 charged twice? Refund it if so.";
  return prepared({ name, calls: 20, call: () => runner.run(agent, prompt) });
}

function toolRow(name: string, refund: ReturnType<typeof refundTool>): SampledRow {
  const context = new RunContext();
  const input = JSON.stringify(toolCall.params);
  return prepared({
    name,
    calls: 40,
    call: () => refund.invoke(context, input),
    after: (result) => {
      if (result !== "read") throw new Error(`the tool did not run: ${String(result)}`);
    },
  });
}

function refundTool() {
  return tool({
    // The SDK writes no dots into a tool's name; this one is on the gate's lists, too.
    name: "read_refund",
    description: "Reads a refund.",
    parameters: z.object({
      invoice: z.string(),
      amount: z.number(),
      currency: z.string(),
      reason: z.string(),
    }),
    execute: async () => "read",
  });
}

function instantModel(): Model {
  return {
    async getResponse(): Promise<ModelResponse> {
      const content = [{ type: "output_text" as const, text: "It was charged once." }];
      return {
        output: [{ type: "message", role: "assistant", status: "completed", content }],
        usage: new Usage({
          requests: 1,
          inputTokens: 143,
          outputTokens: 12,
          totalTokens: 155,
          inputTokensDetails: { cached_tokens: 64 },
        }),
      };
    },
    getStreamedResponse() {
      throw new Error("nothing here streams");
    },
  };
}
