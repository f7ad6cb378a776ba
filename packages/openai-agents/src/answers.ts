import { type AssistantMessageItem, type ModelResponse, type StreamEvent, Usage } from "@openai/agents";
import type { Decision } from "@tollgate/core";

/** The response that ends a stream. */
export type DoneResponse = (StreamEvent & { type: "response_done" })["response"];

/** What any answer of a model may carry from its provider. */
interface Answer {
  readonly providerData?: Readonly<Record<string, unknown>> | undefined;
}

/** The answer with the id of the receipt for it, in `providerData.tollgate`; null where none could be written. */
export function withReceipt<Given extends object>(answer: Given, receipt: string | null): Given {
  const { providerData }: Answer = answer;
  return { ...answer, providerData: { ...providerData, tollgate: { receipt } } };
}

/** Whether an answer is that of a gated model, and the id of the receipt for it. */
export function receiptOf({ providerData }: Answer): { readonly receipt: string | null } | null {
  return (providerData?.tollgate ?? null) as { readonly receipt: string | null } | null;
}

/** What a skipped model call answers instead of the model. */
export function skippedResponse(decision: Decision): ModelResponse {
  const output = skippedOutput(decision);
  return withReceipt({ usage: new Usage(), output }, decision.receipt?.body.id ?? null);
}

/** What a skipped streaming model call answers instead of the model. */
export function skippedStream(decision: Decision): ReadableStream<StreamEvent> {
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  // No id: there is no response that a later request could go on from.
  const response: DoneResponse = { id: "", usage, output: skippedOutput(decision) };
  const events: StreamEvent[] = [
    { type: "response_started" },
    { type: "output_text_delta", delta: skippedText(decision) },
    { type: "response_done", response: withReceipt(response, decision.receipt?.body.id ?? null) },
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
