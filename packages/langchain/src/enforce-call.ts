import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { ActionInput, Permit } from "@tollgate/core";
import { degradeFailed } from "@tollgate/core/adapter";
import type { Settings } from "./bound-settings.ts";
import { limitedModel } from "./limited-model.ts";
import { completions, outputLimit } from "./to-action.ts";

/** How a chat model is gated. */
export interface GateModelOptions {
  /**
   * Finds the ungated model that a degrade asks for, by its id; `provider` is set when the degrade names one.
   *
   * @default none: a degrade to another model denies
   */
  readonly models?: (modelId: string, provider: string | undefined) => BaseChatModel;
}

/** A model and the options that it is called with. */
export interface ModelCall {
  readonly model: BaseChatModel;
  readonly settings: Settings;
  /** Those of the settings that came with this very call. */
  readonly given: object;
}

/** What of a gated model is needed to turn a permit into a call. */
interface Enforcing extends GateModelOptions {
  readonly bind: ((model: BaseChatModel) => Settings | null) | null;
}

/**
 * The call to make for a permit: of the model that it is for, with the output limit that is reserved.
 *
 * @throws ActionDenied when the model cannot be had, or cannot be made to keep the limit
 */
export function enforceCall(
  permit: Permit,
  asked: ActionInput,
  call: ModelCall,
  enforcing: Enforcing,
): ModelCall {
  const { model, settings } = chooseModel(permit, asked, call, enforcing);
  const { maxOutputTokens } = permit.action;
  if (maxOutputTokens === undefined) return { model, settings, given: call.given };
  const invocation: Settings = model.invocationParams(settings);
  const limit = Math.max(1, Math.floor(maxOutputTokens / completions(invocation)));
  const { given } = call;
  if (outputLimit(invocation) === limit) return { model, settings, given };
  const limited = limitedModel(model, limit, settings);
  if (limited === null) {
    throw degradeFailed(
      permit,
      `an output limit of ${limit} tokens cannot be set on ${model.getName()}: set one on the model yourself, or give the gate maxOutputTokens: "unbounded"`,
    );
  }
  return { model: limited, settings, given };
}

function chooseModel(
  permit: Permit,
  asked: ActionInput,
  call: ModelCall,
  { models, bind }: Enforcing,
): ModelCall {
  const { name, provider } = permit.action;
  if (name === asked.name && provider === asked.provider) return call;
  const model = models?.(name, provider === asked.provider ? undefined : provider);
  const settings = model === undefined ? null : settingsFor(model, call, bind);
  const got = model === undefined || settings === null ? undefined : nameOf(model, settings);
  if (model === undefined || settings === null || got !== name) {
    const what = model === undefined ? "nothing" : settings === null ? "one of another kind" : `"${got}"`;
    throw degradeFailed(permit, `a degrade asks for model "${name}", but options.models answered ${what}`);
  }
  return { model, settings, given: call.given };
}

/** The options of a call that every model understands. */
const common: ReadonlySet<string> = new Set(["signal", "stop", "timeout", "outputVersion"]);

/** The call's options as another model understands them, or null where they are of another provider's kind. */
function settingsFor(model: BaseChatModel, call: ModelCall, bind: Enforcing["bind"]): Settings | null {
  if (model.constructor === call.model.constructor) return call.settings;
  const given = Object.entries(call.given).filter(([, value]) => value !== undefined);
  if (bind === null || given.some(([name]) => !common.has(name))) return null;
  const bound = bind(model);
  return bound === null ? null : { ...bound, ...Object.fromEntries(given) };
}

function nameOf(model: BaseChatModel, settings: Settings): unknown {
  const invocation: Settings = model.invocationParams(settings);
  return invocation.model ?? invocation.model_name ?? model.getLsParams(settings).ls_model_name;
}
