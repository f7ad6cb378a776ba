import type {
  InputProcessorOrWorkflow,
  ProcessInputStepArgs,
  ProcessInputStepResult,
} from "@mastra/core/processors";
import type { RefusedError } from "@tollgate/core";
import { denialPayload } from "@tollgate/core/adapter";
import type { AgentModels } from "./agent-models.ts";
import type { AgentRuns } from "./agent-runs.ts";
import { isLanguageModel } from "./any-language-model.ts";
import { gatedTool } from "./gate-tool.ts";
import { isGated } from "./gated-mark.ts";
import { type GateToolHooksOptions, toToolError } from "./tool-calls.ts";

type Tools = Readonly<Record<string, unknown>>;
/** What chooses model, tools and settings of each step of a call. */
export type PrepareStep = (args: ProcessInputStepArgs) => unknown;

/** Gates what processors and `prepareStep` put into a step of an agent: another model, and tools past the hooks. */
export class AgentSteps {
  readonly #runs: AgentRuns;
  readonly #models: AgentModels;
  readonly #options: GateToolHooksOptions;
  /** The tools that a step began with, which go through the hooks; by its list of messages. */
  readonly #hooked = new WeakMap<object, Tools>();

  constructor(runs: AgentRuns, models: AgentModels, options: GateToolHooksOptions) {
    this.#runs = runs;
    this.#models = models;
    this.#options = options;
  }

  /** An agent's input processors between one that sees what a step begins with and one that gates what came of it. */
  processors(processors: readonly InputProcessorOrWorkflow[]): InputProcessorOrWorkflow[] {
    return [
      {
        id: "tollgate-begin",
        processInputStep: ({ messageList, tools = {} }) => {
          this.#hooked.set(messageList, tools);
          return {};
        },
      },
      ...processors,
      {
        id: "tollgate-end",
        processInputStep: ({ messageList, model, tools }) =>
          this.#gate({ model, ...(tools === undefined ? {} : { tools }) }, this.#hooked.get(messageList)),
      },
    ];
  }

  /** A `prepareStep` of which only gated models and tools come. */
  prepareStep(prepareStep: PrepareStep): PrepareStep {
    return async (args) => {
      const step = (await prepareStep(args)) as ProcessInputStepResult | undefined;
      return step === undefined ? undefined : { ...step, ...(await this.#gate(step, args.tools)) };
    };
  }

  async #gate(
    { model, tools }: Pick<ProcessInputStepResult, "model" | "tools">,
    hooked: Tools = {},
  ): Promise<ProcessInputStepResult> {
    const known = new Set(Object.values(hooked));
    const isForeign = Object.values(tools ?? {}).some((tool) => !known.has(tool));
    const isLeft = isLanguageModel(model) && (await isGated(model, this.#runs.gate));
    const gated = isLeft ? undefined : this.#models.model(model);
    return {
      ...(gated === undefined ? {} : { model: gated }),
      ...(tools !== undefined && isForeign ? { tools: this.tools(tools, known) } : {}),
    };
  }

  /** Tools that are run past the hooks, gated on their own, but for those that are `known` not to be. */
  tools<Any extends Tools>(tools: Any, known: ReadonlySet<unknown> = new Set()): Any {
    const refuse = (refusal: RefusedError) => {
      // A network ends with what its tools throw.
      if (this.#runs.inNetwork) return denialPayload(refusal);
      throw toToolError(refusal);
    };
    const gated = Object.entries(tools).map(([name, tool]) => {
      const isLeft = known.has(tool) || typeof tool !== "object" || tool === null;
      return [name, isLeft ? tool : gatedTool(tool, name, this.#runs.current, this.#options, refuse)];
    });
    return Object.fromEntries(gated) as Any;
  }
}
