import { getDefaultModel, type Model, type ModelProvider } from "@openai/agents";
import type { Gate, Run } from "@tollgate/core";
import { type GateModelOptions, gateModel } from "./gate-model.ts";
import { gatedBy, gatedMark, isGatedBy } from "./gated.ts";

/** How the models of a provider are gated. */
export type GateModelProviderOptions = Pick<GateModelOptions, "provider">;

/**
 * A model provider all of whose models are gated, for `new Runner({ modelProvider })` and
 * `setDefaultModelProvider`: every agent that names its model, those that are handed to and those used as tools
 * included. An agent that has a model instance of its own passes by it: gate that with {@link gateModel}.
 *
 * The provider itself finds the model that a degrade asks for. All else of it stays, such as `close`.
 *
 * @throws TypeError for a provider that is gated by another gate or run
 */
export function gateModelProvider<Provider extends ModelProvider>(
  provider: Provider,
  gateOrRun: Gate | Run,
  options: GateModelProviderOptions = {},
): ModelProvider & Omit<Provider, keyof ModelProvider> {
  if (isGatedBy(provider, gateOrRun, "the model provider")) return provider;
  const getModel = async (modelName?: string): Promise<Model> => {
    const name = modelName || getDefaultModel();
    const model = await provider.getModel(name);
    // A provider may answer models that are gated, by whichever run: they are charged once, there.
    if (gatedBy(model) !== null) return model;
    return gateModel(model, gateOrRun, { ...options, name, models: (other) => provider.getModel(other) });
  };
  return new Proxy(provider, {
    get(target, name) {
      if (name === "getModel") return getModel;
      if (name === gatedMark) return gateOrRun;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
    has: (target, name) => name === gatedMark || Reflect.has(target, name),
  });
}
