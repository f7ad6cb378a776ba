import type { MastraLanguageModel } from "@mastra/core/agent";
import type { Gate, Run } from "@tollgate/core";
import {
  type LanguageCall,
  type LanguageModel,
  LanguageModelGate,
  type LanguageResult,
  type LanguageStream,
  resolveRun,
} from "@tollgate/core/adapter";
import {
  type AnyLanguageModel,
  isLanguageModel,
  isWrapped,
  type Method,
  throughWrapper,
} from "./any-language-model.ts";
import { gatedAs, isMarked } from "./gated-mark.ts";
import { withoutOwnNotes } from "./own-notes.ts";

/** How language models are gated. */
export interface GateModelOptions {
  /**
   * Finds the ungated model that a degrade asks for, by its id; `provider` is set when the degrade names one.
   *
   * @default none: a degrade to another model denies
   */
  readonly models?: (modelId: string, provider: string | undefined) => AnyLanguageModel | undefined;
}

/** Makes one attempt at a model call, for the run that it belongs to. */
export type Attempting = <T>(attempt: (gateOrRun: Gate | Run) => Promise<T>) => Promise<T>;

/**
 * A language model that calls its provider only as far as the gate lets it, for wherever Mastra takes one.
 *
 * Each attempt is decided, reserved, receipted and settled on its own: generate and stream, retries and the
 * steps of an agent. A refusal rejects with ActionDenied, ApprovalRequired or GateUnavailable, which Mastra does
 * not retry; a list of fallback models goes on to its next one, which `gateAgent` and `gateProcessor` prevent.
 *
 * `providerOptions: { tollgate: { user: "alice" } }` names the subject of one call; it is not sent on.
 *
 * @throws TypeError for names of models, and for models of specification v1
 */
export function gateModel(
  model: AnyLanguageModel,
  gateOrRun: Gate | Run,
  options: GateModelOptions = {},
): MastraLanguageModel {
  if (!isLanguageModel(model)) {
    throw new TypeError(
      `gateModel needs a model of specification v2, v3 or v4 such as openai("gpt-4o"), not ${JSON.stringify(model)}; models given by name are for gateAgent and gateGateway`,
    );
  }
  return gatedModel(model, resolveRun(gateOrRun).gate, (attempt) => attempt(gateOrRun), options);
}

/** The same model, each attempt at which is made by `attempting`; one that is gated already stays as it is. */
export function gatedModel(
  model: AnyLanguageModel,
  gate: Gate,
  attempting: Attempting,
  { models }: GateModelOptions,
): MastraLanguageModel {
  if (isMarked(model, gate)) return model as MastraLanguageModel;
  const through = (view: (any: AnyLanguageModel) => LanguageModel) => (gateOrRun: Gate | Run) =>
    new LanguageModelGate<LanguageCall, LanguageResult, LanguageStream>(gateOrRun, {
      models: models && ((...ids) => viewed(models(...ids), view)),
    });
  const open = async (call: LanguageCall, method: Method): Promise<LanguageStream> => {
    const view = (await isWrapped(model)) ? (any: AnyLanguageModel) => throughWrapper(any, method) : asIs;
    return await attempting((gateOrRun) =>
      through(view)(gateOrRun).stream(view(model), withoutOwnNotes(call)),
    );
  };
  const generate = async (call: LanguageCall): Promise<LanguageResult | LanguageStream> => {
    if (await isWrapped(model)) return await open(call, "doGenerate");
    return await attempting((gateOrRun) =>
      through(asIs)(gateOrRun).generate(asIs(model), withoutOwnNotes(call)),
    );
  };
  return gatedAs(model, gate, {
    doGenerate: generate,
    doStream: (call: LanguageCall) => open(call, "doStream"),
  });
}

function asIs(model: AnyLanguageModel): LanguageModel {
  return model as LanguageModel;
}

function viewed<T, V>(found: T | undefined, view: (found: T) => V): V | undefined {
  return found === undefined ? undefined : view(found);
}
