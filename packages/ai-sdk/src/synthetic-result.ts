import type {
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import type { Decision } from "@tollgate/core";

const finishReason: LanguageModelV4FinishReason = { unified: "stop", raw: "tollgate-skip" };

const nothingUsed: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** What a skipped model call answers instead of the model. */
export function syntheticResult(decision: Decision): LanguageModelV4GenerateResult {
  return {
    content: [{ type: "text", text: skippedText(decision) }],
    finishReason,
    usage: nothingUsed,
    warnings: [],
  };
}

/** What a skipped streaming model call answers instead of the model. */
export function syntheticStream(decision: Decision): LanguageModelV4StreamResult {
  const parts: LanguageModelV4StreamPart[] = [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "tollgate" },
    { type: "text-delta", id: "tollgate", delta: skippedText(decision) },
    { type: "text-end", id: "tollgate" },
    { type: "finish", finishReason, usage: nothingUsed },
  ];
  return { stream: ReadableStream.from(parts) };
}

function skippedText({ result, reason }: Decision): string {
  if (result === undefined) return reason;
  return typeof result === "string" ? result : JSON.stringify(result);
}
