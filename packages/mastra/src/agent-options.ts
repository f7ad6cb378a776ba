import type { InputProcessorOrWorkflow } from "@mastra/core/processors";
import type { ToolHooks } from "@mastra/core/tools";
import type { AgentModels } from "./agent-models.ts";
import type { AgentSteps, PrepareStep } from "./agent-steps.ts";
import type { Gateways } from "./map-setting.ts";
import type { ToolCalls } from "./tool-calls.ts";
import type { UngatedParts } from "./ungated-parts.ts";

/** Options of an agent's call, or its defaults for them, as far as they matter to the gate. */
export interface CallOptions {
  readonly [option: string]: unknown;
  readonly hooks?: ToolHooks;
  readonly model?: unknown;
  readonly prepareStep?: PrepareStep;
  readonly inputProcessors?: readonly InputProcessorOrWorkflow[];
  readonly structuredOutput?: { readonly model?: unknown };
  readonly toolsets?: Readonly<Record<string, object>>;
  readonly clientTools?: Readonly<Record<string, unknown>>;
}

/** The options whose parts may have models of their own. */
const parts = ["scorers", "isTaskComplete", "completion", "outputProcessors", "errorProcessors"] as const;

/** Gates what the options of an agent's call put in the place of what the agent itself has gated. */
export class AgentOptions {
  readonly #models: AgentModels;
  readonly #steps: AgentSteps;
  readonly #tools: ToolCalls;
  readonly #parts: UngatedParts;

  constructor(models: AgentModels, steps: AgentSteps, tools: ToolCalls, parts: UngatedParts) {
    this.#models = models;
    this.#steps = steps;
    this.#tools = tools;
    this.#parts = parts;
  }

  /** The same options, gated. @throws InvalidConfig for what cannot be */
  gated(options: CallOptions, mastra: Gateways | undefined): CallOptions {
    for (const part of parts) this.#parts.part(part, options[part]);
    for (const [name, tools] of Object.entries(options.toolsets ?? {})) {
      this.#parts.tools(`toolsets.${name}`, tools);
    }
    this.#parts.tools("clientTools", options.clientTools);
    const { hooks, model, prepareStep, inputProcessors, structuredOutput } = options;
    return {
      ...options,
      ...(hooks && { hooks: this.#givenHooks(hooks) }),
      ...(model !== undefined && { model: this.#models.setting(model) }),
      ...(prepareStep && { prepareStep: this.#steps.prepareStep(prepareStep) }),
      ...(inputProcessors && {
        inputProcessors: this.#steps.processors(this.#parts.part("inputProcessors", inputProcessors)),
      }),
      ...(structuredOutput?.model !== undefined && {
        structuredOutput: { ...structuredOutput, model: this.#models.model(structuredOutput.model, mastra) },
      }),
    };
  }

  /** Both hooks of an agent: the gate decides after the agent's own hook has had its say, and books before. */
  hooks({ beforeToolCall, afterToolCall }: ToolHooks = {}): Required<ToolHooks> {
    return {
      beforeToolCall: async (call) => {
        const answer = await beforeToolCall?.(call);
        // Mastra runs the tool whatever else a hook answers, such as `proceed: true`.
        return answer?.proceed === false ? answer : await this.#tools.before(call);
      },
      afterToolCall: async (call) => {
        await this.#tools.after(call);
        await afterToolCall?.(call);
      },
    };
  }

  /** Hooks of a call replace those of the agent one by one, so only those that were given may be answered. */
  #givenHooks(hooks: ToolHooks): ToolHooks {
    const { beforeToolCall, afterToolCall } = this.hooks(hooks);
    return {
      ...(hooks.beforeToolCall && { beforeToolCall }),
      ...(hooks.afterToolCall && { afterToolCall }),
    };
  }
}
