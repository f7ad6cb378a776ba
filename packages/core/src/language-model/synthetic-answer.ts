import type { Decision } from "../gate/decision.ts";
import type { LanguagePart, LanguageResult, LanguageStream, LanguageUsage } from "./language-model.ts";

/** What a skipped model call answers instead of the model, in the form of the model's specification. */
export function syntheticResult(version: string, decision: Decision): LanguageResult {
  const content = [{ type: "text", text: skippedText(decision) }];
  return Object.assign(ended(version), { content, warnings: [] });
}

/** What a skipped streaming model call answers instead of the model. */
export function syntheticStream(version: string, decision: Decision): LanguageStream {
  const id = "tollgate";
  const parts: readonly LanguagePart[] = [
    Object.assign({ type: "stream-start" }, { warnings: [] }),
    Object.assign({ type: "text-start" }, { id }),
    Object.assign({ type: "text-delta" }, { id, delta: skippedText(decision) }),
    Object.assign({ type: "text-end" }, { id }),
    Object.assign({ type: "finish" }, ended(version)),
  ];
  return { stream: ReadableStream.from(parts) };
}

/** How an answer that cost nothing ended. */
function ended(version: string): { readonly finishReason: unknown; readonly usage: LanguageUsage } {
  if (version === "v2") {
    const usage = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined };
    return { finishReason: "stop", usage };
  }
  const usage = {
    inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  };
  return { finishReason: { unified: "stop", raw: "tollgate-skip" }, usage };
}

function skippedText({ result, reason }: Decision): string {
  if (result === undefined) return reason;
  return typeof result === "string" ? result : JSON.stringify(result);
}
