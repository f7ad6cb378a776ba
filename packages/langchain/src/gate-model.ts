import { BaseChatModel, type BaseChatModelCallOptions } from "@langchain/core/language_models/chat_models";
import type { Gate, Run } from "@tollgate/core";
import type { GateModelOptions } from "./enforce-call.ts";
import { GatedModel } from "./gated-model.ts";

/**
 * A chat model that calls its provider only as far as the gate lets it.
 *
 * Each attempt is decided, reserved, receipted and settled on its own, in whatever way the model is used:
 * invoke, stream, batch, generate, all of streamEvents, with tools or structured output bound. It goes out as
 * enforced: with the output limit that is reserved for it, and with `models` as the model that a degrade asks
 * for. Streams are booked also when they are aborted, cut, or read by half. Callbacks of the same gate on the
 * same call stand aside.
 *
 * A refusal rejects with ActionDenied, ApprovalRequired or GateUnavailable, which its `withRetry` does not try
 * again. The client's own retries (`maxRetries`) are made under one permit: switch them off and use `withRetry`.
 */
export function gateModel<Options extends BaseChatModelCallOptions>(
  model: BaseChatModel<Options>,
  gateOrRun: Gate | Run,
  options: GateModelOptions = {},
): GatedModel<Options> {
  if (!(model instanceof BaseChatModel)) {
    throw new TypeError(
      "gateModel needs a chat model such as new ChatOpenAI(): gate it first, and bind tools, settings or fallbacks to the gated one",
    );
  }
  return new GatedModel<Options>({ ...options, inner: model, gateOrRun, settings: {}, bind: () => ({}) });
}
