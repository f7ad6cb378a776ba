import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { RunnableBinding } from "@langchain/core/runnables";
import { type Gate, InvalidConfig, type Run } from "@tollgate/core";
import { resolveRun } from "@tollgate/core/adapter";
import type { ModelRequest } from "langchain";
import type { GateModelOptions } from "./enforce-call.ts";
import { gateModel } from "./gate-model.ts";
import { GatedModel } from "./gated-model.ts";

/** Models that are given by name know their instance only when they are asked. */
interface NamedModel {
  _getModelInstance(): Promise<unknown>;
}

/**
 * The model of an agent's step, gated, with somebody who is told of its refusals.
 *
 * One that this gate has gated already stays as it is, so that each call is decided once.
 *
 * @throws InvalidConfig for what is no chat model
 */
export async function gateRequestModel(
  model: unknown,
  gateOrRun: Gate | Run,
  options: GateModelOptions,
  refused: (error: unknown) => void,
): Promise<ModelRequest["model"]> {
  if (model instanceof GatedModel && model.gate === resolveRun(gateOrRun).gate) return model.watched(refused);
  if (isNamed(model)) {
    return gateRequestModel(await model._getModelInstance(), gateOrRun, options, refused);
  }
  if (model instanceof BaseChatModel) return gateModel(model, gateOrRun, options).watched(refused);
  if (RunnableBinding.isRunnableBinding(model)) {
    const { config, kwargs } = model;
    return new RunnableBinding({
      // Whatever it answers is a runnable: agents name only the interface.
      bound: (await gateRequestModel(model.bound, gateOrRun, options, refused)) as BaseChatModel,
      config,
      ...(kwargs === undefined ? {} : { kwargs }),
    });
  }
  throw new InvalidConfig(
    "model",
    "gateMiddleware needs a chat model: gate what stands in a pipeline with gateModel, and leave the middleware to its tools",
  );
}

function isNamed(model: unknown): model is NamedModel {
  return (
    typeof model === "object" &&
    model !== null &&
    "_getModelInstance" in model &&
    typeof model._getModelInstance === "function"
  );
}
