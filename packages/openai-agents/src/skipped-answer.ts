import { type AssistantMessageItem, type ModelResponse, type StreamEvent, Usage } from "@openai/agents";
import type { Decision } from "@tollgate/core";

/** What a skipped model call answers instead of the model. */
export function skippedResponse(decision: Decision): ModelResponse {
  return { usage: new Usage(), output: skippedOutput(decision) };
}

/** What a skipped streaming model call answers instead of the model. */
export function skippedStream(decision: Decision): ReadableStream<StreamEvent> {
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  // No id: there is no response that a later request could go on from.
  const response = { id: "", usage, output: skippedOutput(decision) };
  const events: StreamEvent[] = [
    { type: "response_started" },
    { type: "output_text_delta", delta: skippedText(decision) },
    { type: "response_done", response },
  ];
  return ReadableStream.from(events);
}

function skippedOutput(decision: Decision): AssistantMessageItem[] {
  const content = [{ type: "output_text" as const, text: skippedText(decision) }];
  return [{ type: "message", role: "assistant", status: "completed", content }];
}

function skippedText({ result, reason }: Decision): string {
  if (result === undefined) return reason;
  return typeof result === "string" ? result : JSON.stringify(result);
}
