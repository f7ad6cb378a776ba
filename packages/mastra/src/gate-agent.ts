import type { Mastra } from "@mastra/core";
import { Agent, type AgentConfig, type ModelWithRetries, type ToolsInput } from "@mastra/core/agent";
import type { RequestContext } from "@mastra/core/request-context";
import type { Awaitable, Gate, Run } from "@tollgate/core";
import { AgentModels } from "./agent-models.ts";
import { AgentOptions, type CallOptions } from "./agent-options.ts";
import { AgentRuns } from "./agent-runs.ts";
import { AgentSteps } from "./agent-steps.ts";
import type { AnyLanguageModel } from "./any-language-model.ts";
import type { GateModelOptions } from "./gate-model.ts";
import { installGate } from "./install-gate.ts";
import { mapSetting } from "./map-setting.ts";
import { type GateToolHooksOptions, ToolCalls } from "./tool-calls.ts";
import { UngatedParts } from "./ungated-parts.ts";

/** How an agent is gated. */
export interface GateAgentOptions extends GateModelOptions, GateToolHooksOptions {
  /**
   * Paths of parts that may call models past the gate, such as `scorers.quality` or `agents.remote`.
   *
   * @default []
   */
  readonly ungated?: readonly string[];
}

/** A model of an agent: as such, by the name that Mastra's router knows, or by a function of the request. */
export type AgentModel =
  | AnyLanguageModel
  | string
  | { readonly id: `${string}/${string}`; readonly url?: string; readonly apiKey?: string }
  | ((context: {
      readonly requestContext: RequestContext<Record<string, unknown>>;
      readonly mastra?: Mastra;
    }) => Awaitable<AgentModel>);

/** What an agent is made of, with models of any version of the AI SDK's types. */
export type GateAgentConfig<
  Id extends string,
  Tools extends ToolsInput,
  Output,
  Context extends Record<string, unknown> | unknown,
> = Omit<AgentConfig<Id, Tools, Output, Context, undefined>, "model"> & {
  /** One model, or a list of which each is tried when the one before has failed. */
  readonly model: AgentModel | readonly (Omit<ModelWithRetries, "model"> & { readonly model: AgentModel })[];
};

/**
 * An agent none of whose model calls and tool calls goes out unless the gate lets it: `new Agent(config)`, gated.
 *
 * It covers models given as such, by name, as a list or by a function; tools, sub-agents and workflows; titles
 * and structuring models; networks; and what the options of one call put in their place. With a gate each call is a
 * run of its own, by the id that Mastra resumes it by; inside another run it is a child of that.
 *
 * A refused model call rejects with the gate's own error, and no other model and no retry gets to answer.
 *
 * @throws InvalidConfig for what would pass by the gate: a sub-agent that is not gated, a scorer or a processor
 *   with a model of its own, memory that observes, a durable agent, a goal, a tool that decides by itself whether
 *   it needs approval
 */
export function gateAgent<
  Id extends string = string,
  Tools extends ToolsInput = ToolsInput,
  Output = undefined,
  Context extends Record<string, unknown> | unknown = unknown,
>(
  config: GateAgentConfig<Id, Tools, Output, Context>,
  gateOrRun: Gate | Run,
  options: GateAgentOptions = {},
): Agent<Id, Tools, Output, Context> {
  const runs = new AgentRuns(gateOrRun, config.id);
  const models = new AgentModels(runs, options);
  const steps = new AgentSteps(runs, models, options);
  const parts = new UngatedParts(options.ungated ?? []);
  const calls = new ToolCalls(runs.current, options, (conflict) => runs.end(conflict));
  const callOptions = new AgentOptions(models, steps, calls, parts);
  parts.absent("durable", config.durable, "its steps find their models by name");
  parts.absent("goal", config.goal, "its judge can be replaced by what is in storage");
  // What a function will answer is looked at when it does.
  for (const defaults of [config.defaultOptions, config.defaultNetworkOptions]) {
    if (typeof defaults === "object") callOptions.gated(defaults as CallOptions, undefined);
  }
  const gated = {
    ...config,
    model: models.setting(config.model),
    hooks: callOptions.hooks(config.hooks),
    tools: parts.tools("tools", config.tools),
    agents: parts.agents(config.agents),
    memory: parts.memory(config.memory),
    scorers: parts.part("scorers", config.scorers),
    browser: parts.part("browser", config.browser),
    outputProcessors: parts.part("outputProcessors", config.outputProcessors),
    errorProcessors: parts.part("errorProcessors", config.errorProcessors),
    inputProcessors: mapSetting(parts.part("inputProcessors", config.inputProcessors) ?? [], (given) =>
      steps.processors(given),
    ),
  };
  const agent = new Agent(gated as unknown as AgentConfig<Id, Tools, Output, Context>);
  return installGate(agent, { runs, models, steps, options: callOptions });
}
