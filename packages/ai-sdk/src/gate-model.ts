import type {
  LanguageModelV2,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import type { Gate, Run } from "@tollgate/core";
import { LanguageModelGate } from "@tollgate/core/adapter";
import { wrapLanguageModel } from "ai";

/** A language model of any version that the AI SDK accepts. */
export type AnyLanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4;

/** How a language model is gated. */
export interface GateModelOptions {
  /**
   * Finds the ungated model that a degrade asks for, by its id; `provider` is set when the degrade names one.
   *
   * @default none: a degrade to another model denies
   */
  readonly models?: (modelId: string, provider: string | undefined) => AnyLanguageModel;
}

/**
 * A language model that calls its provider only as far as the gate lets it.
 *
 * Each attempt is decided, reserved, receipted and settled on its own: generate and stream, retries and the
 * steps of an agent. Streams are booked also when they are aborted, cut, or read by half. A refusal rejects
 * with ActionDenied, ApprovalRequired or GateUnavailable, which the AI SDK does not retry.
 *
 * `providerOptions: { tollgate: { user: "alice" } }` names the subject of one call; it is not sent on.
 */
export function gateModel(
  model: AnyLanguageModel,
  gateOrRun: Gate | Run,
  { models }: GateModelOptions = {},
): LanguageModelV4 {
  const gated = new LanguageModelGate<
    LanguageModelV4CallOptions,
    LanguageModelV4GenerateResult,
    LanguageModelV4StreamResult
  >(gateOrRun, { models: models && ((modelId, provider) => upToDate(models(modelId, provider))) });
  return wrapLanguageModel({
    model: requireModel(model),
    middleware: {
      specificationVersion: "v4",
      wrapGenerate: ({ model: inner, params }) => gated.generate(inner, params),
      wrapStream: ({ model: inner, params }) => gated.stream(inner, params),
    },
  });
}

/** Without middleware this only brings older versions to the current one. */
function upToDate(model: AnyLanguageModel): LanguageModelV4 | undefined {
  return model && wrapLanguageModel({ model, middleware: [] });
}

function requireModel(model: AnyLanguageModel): AnyLanguageModel {
  if (typeof model === "object" && model !== null) return model;
  throw new TypeError(
    `gateModel needs a model such as openai("gpt-4o"), not ${JSON.stringify(model)}; for model names given as strings set globalThis.AI_SDK_DEFAULT_PROVIDER = gateProvider(provider, run)`,
  );
}
