import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { RunnableBinding } from "@langchain/core/runnables";

/** Call options that are bound to a model: tools, a response format, settings. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * The call options that a provider's `bindTools`, `withConfig` or `withStructuredOutput` has bound, whether it
 * answers a binding, as most do, or another instance with `defaultOptions`, as OpenAI's does; else null.
 */
export function boundSettings(bound: unknown): Settings | null {
  if (BaseChatModel.isRunnable(bound) && bound instanceof BaseChatModel) {
    return "defaultOptions" in bound ? { ...(bound.defaultOptions as object) } : {};
  }
  if (!RunnableBinding.isRunnableBinding(bound)) return null;
  const inner = boundSettings(bound.bound);
  return inner === null ? null : { ...inner, ...bound.config, ...bound.kwargs };
}
