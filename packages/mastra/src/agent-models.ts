import type { MastraLanguageModel } from "@mastra/core/agent";
import {
  defaultGateways,
  type MastraModelGatewayInterface,
  ModelRouterLanguageModel,
} from "@mastra/core/llm";
import { InvalidConfig } from "@tollgate/core";
import type { AgentRuns } from "./agent-runs.ts";
import { type AnyLanguageModel, isLanguageModel } from "./any-language-model.ts";
import { gatedGateway } from "./gate-gateway.ts";
import { type GateModelOptions, gatedModel } from "./gate-model.ts";
import { gatedAs } from "./gated-mark.ts";
import { type Gateways, mapSetting } from "./map-setting.ts";

/** A model by name, as Mastra's router takes it: `"openai/gpt-4o"`, or an object that says where it is. */
type ModelName = ConstructorParameters<typeof ModelRouterLanguageModel>[0];

/** Gates whatever the settings of an agent name as models. */
export class AgentModels {
  readonly #runs: AgentRuns;
  readonly #options: GateModelOptions;
  /** One for each gateway, since Mastra keeps the models that it has made by their gateway. */
  readonly #gateways = new WeakMap<MastraModelGatewayInterface, MastraModelGatewayInterface>();

  constructor(runs: AgentRuns, options: GateModelOptions) {
    this.#runs = runs;
    this.#options = options;
  }

  /**
   * A setting that is a model, a name, a list of fallbacks, or a function that answers one of them, so that only
   * gated models come of it.
   *
   * @throws InvalidConfig when it is none of them
   */
  setting(setting: unknown): unknown {
    if (Array.isArray(setting))
      return setting.map((entry) => ({ ...entry, model: this.setting(entry.model) }));
    if (setting === undefined || isLanguageModel(setting)) return this.model(setting);
    if (typeof setting === "function") {
      return mapSetting(setting as unknown, (made, mastra) =>
        Array.isArray(made) ? this.setting(made) : this.model(made, mastra),
      );
    }
    requireName(setting);
    // Which gateways there are is known when the agent is called.
    return mapSetting(
      () => setting,
      (name, mastra) => this.model(name, mastra),
    );
  }

  /** A model, or the one of that name, gated; undefined stays what it is. @throws InvalidConfig */
  model(model: unknown, mastra?: Gateways): MastraLanguageModel | undefined {
    if (model === undefined) return undefined;
    if (isLanguageModel(model)) return this.#gate(model);
    const name = requireName(model);
    // Where a name comes with its own address, no gateway is asked.
    if (typeof name === "object" && name.url !== undefined)
      return this.#gate(new ModelRouterLanguageModel(name));
    const gateways = [...Object.values(mastra?.listGateways() ?? {}), ...defaultGateways];
    const router = new ModelRouterLanguageModel(
      name,
      gateways.map((gateway) => this.#gateway(gateway)),
    );
    return gatedAs(router, this.#runs.gate, {});
  }

  #gate(model: AnyLanguageModel): MastraLanguageModel {
    return gatedModel(model, this.#runs.gate, this.#runs.attempt, this.#options);
  }

  #gateway(gateway: MastraModelGatewayInterface): MastraModelGatewayInterface {
    const gated = this.#gateways.get(gateway) ?? gatedGateway(gateway, (model) => this.#gate(model));
    this.#gateways.set(gateway, gated);
    return gated;
  }
}

function requireName(model: unknown): ModelName {
  const isName =
    typeof model === "string" ||
    (typeof model === "object" &&
      model !== null &&
      !("specificationVersion" in model) &&
      ("id" in model || "modelId" in model));
  if (isName) return model as ModelName;
  throw new InvalidConfig(
    "model",
    "it has to be a model of specification v2, v3 or v4, or a name such as openai/gpt-4o: nothing else can be gated",
  );
}
