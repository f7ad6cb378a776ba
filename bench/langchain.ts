import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { type DynamicStructuredTool, tool } from "@langchain/core/tools";
import { gateModel, gateTool } from "@tollgate/langchain";
import * as z from "zod";
import { InstantModel } from "./instant-model.ts";
import { type MeasuredGate, toolCall } from "./measured-gate.ts";
import { prepared, type SampledRow } from "./sampler.ts";

/** Calls of a model and of a tool that answer at once, with and without the gate. */
export function langchainRows({ run }: MeasuredGate): readonly SampledRow[] {
  const model = new InstantModel({});
  const refund = refundTool();
  return [
    modelRow("langchain_model_call_bare", model),
    modelRow("langchain_model_call_gated", gateModel(model, run)),
    toolRow("langchain_tool_call_bare", refund),
    toolRow("langchain_tool_call_gated", gateTool(refund, run)),
  ];
}

function modelRow(name: string, model: BaseChatModel): SampledRow {
  const prompt = "Was invoice INV-2026-00417 charged twice? Refund it if so.";
  return prepared({ name, calls: 40, call: () => model.invoke(prompt) });
}

function toolRow(name: string, refund: DynamicStructuredTool): SampledRow {
  const call = { ...refundCall, type: "tool_call" as const };
  return prepared({ name, calls: 40, call: () => refund.invoke(call), after: mustHaveRun });
}

/** A tool that does nothing, as a model is offered it. */
export function refundTool(): DynamicStructuredTool {
  const schema = z.object({
    invoice: z.string(),
    amount: z.number(),
    currency: z.string(),
    reason: z.string(),
  });
  return tool(async () => "refunded", { name: toolCall.name, description: "Refunds a charge.", schema });
}

/** A model's call of {@link refundTool}. */
export const refundCall: ToolCall = {
  id: "call_1",
  name: toolCall.name,
  args: { ...(toolCall.params as object) },
};

/** A refused tool call is told to the model, and would be measured as if it had run. */
export function mustHaveRun(answer: unknown): void {
  if (!ToolMessage.isInstance(answer) || answer.status === "error") throw new Error("the tool did not run");
}
