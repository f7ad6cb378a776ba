import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type UsageMetadata } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";

/** A LangChain model that answers at once; like most in use it has no output limit until the gate sets one. */
export class InstantModel extends BaseChatModel {
  maxTokens: number | undefined = undefined;

  override _llmType(): string {
    return "openai";
  }

  /** LangChain takes the provider from it. */
  override getName(): string {
    return "ChatOpenAI";
  }

  override invocationParams(): Record<string, unknown> {
    return { model: "gpt-4o", temperature: 0.2, max_tokens: this.maxTokens };
  }

  override async _generate(): Promise<ChatResult> {
    const message = instantAnswer();
    return { generations: [{ text: message.text, message }] };
  }
}

/** What a model answers, and what its provider says that it used. */
export function instantAnswer(): AIMessage {
  const usage: UsageMetadata = {
    input_tokens: 143,
    output_tokens: 12,
    total_tokens: 155,
    input_token_details: { cache_read: 64 },
  };
  // LangChain's types let nobody give it to the constructor.
  return Object.assign<AIMessage, object>(new AIMessage("It was charged once."), { usage_metadata: usage });
}
