import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseChatModel, BaseChatModelCallOptions } from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk } from "@langchain/core/messages";
import type { IterableReadableStream } from "@langchain/core/utils/stream";
import type { Gate, Run } from "@tollgate/core";
import type { GateModelOptions } from "./enforce-call.ts";
import { gateModel } from "./gate-model.ts";

/** How one stream is gated: as a model is, with the call's own options. */
export interface GateStreamOptions<Options extends BaseChatModelCallOptions> extends GateModelOptions {
  /** What `model.stream(input, call)` would be given. */
  readonly call?: Partial<Options>;
}

/**
 * Streams one call of an ungated model through the gate, and books it also when its reader breaks off.
 *
 * For a model that only has a callback, which LangChain does not tell of a stream that is left.
 */
export function gateStream<Options extends BaseChatModelCallOptions>(
  model: BaseChatModel<Options>,
  input: BaseLanguageModelInput,
  gateOrRun: Gate | Run,
  options: GateStreamOptions<Options> = {},
): Promise<IterableReadableStream<AIMessageChunk>> {
  const { call, ...gating } = options;
  return gateModel(model, gateOrRun, gating).stream(input, call);
}
