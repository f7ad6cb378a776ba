import {
  defineToolInputGuardrail,
  type GuardrailFunctionOutput,
  type InputGuardrail,
  type Model,
  type ModelProvider,
  type ModelResponse,
  ToolGuardrailFunctionOutputFactory as Output,
  type RunContext,
  type ToolInputGuardrailDefinition,
} from "@openai/agents";
import type { ActionInput, Gate, Run } from "@tollgate/core";
import { beginTool, decideFor, endTool, toRefusal } from "@tollgate/core/adapter";
import { answeredBy } from "./answered.ts";
import { runOf, subjectOf } from "./current-run.ts";
import { gatedBy, gateOf } from "./gated.ts";
import { type DescribedToolAction, decideTool, parseArguments, toldOf, toToolAction } from "./gated-tool.ts";

/** How an agent is guarded. */
export interface GateGuardrailsOptions {
  /** The gated model provider of the runner, which makes the models that agents name. @default none */
  readonly modelProvider?: ModelProvider;
  /** What a call costs or needs, by the tool's name. */
  readonly actions?: Readonly<Record<string, DescribedToolAction>>;
}

/** An output guardrail for an agent with any type of output. */
export interface GateOutputGuardrail {
  readonly name: string;
  readonly execute: (args: {
    readonly context: Pick<RunContext, "usage">;
    readonly details?: { readonly modelResponse?: ModelResponse };
  }) => Promise<GuardrailFunctionOutput>;
}

/** The gate's guardrails: `new Agent({ ...gateGuardrails(run) })`. */
export interface GateGuardrails {
  readonly inputGuardrails: InputGuardrail[];
  readonly outputGuardrails: GateOutputGuardrail[];
  /** For `tool({ inputGuardrails })` and MCP servers' `toolInputGuardrails`, of tools that are not gated. */
  readonly toolInputGuardrails: ToolInputGuardrailDefinition[];
}

/**
 * Guardrails that ask the gate: whether an agent may start, before its first model call; whether a function tool
 * may run; and, once there is an output, whether a gated model made it.
 *
 * The SDK asks guardrails about an agent's first turn alone. Turns are gated by {@link gateModelProvider} or
 * {@link gateModel}: an agent that could make one without, or hand over to one that could, does not start.
 *
 * A guardrail cannot rewrite a call, ask for approval, or see how a call ends: degrades deny, the model is told that
 * approval is needed, and a tool call is booked before it runs. {@link gateTool} does all of it.
 *
 * Refusals are thrown, so that `findDenial` finds them in the GuardrailExecutionError or ToolCallError: the SDK's
 * tripwires carry no error.
 */
export function gateGuardrails(gateOrRun: Gate | Run, options: GateGuardrailsOptions = {}): GateGuardrails {
  const { actions = {}, modelProvider } = options;
  /** The runs that have started here, by the usage that their agents share. */
  const started = new WeakSet<object>();
  const input: InputGuardrail = {
    name: "tollgate",
    // In parallel the model would have been called before the gate could say no.
    runInParallel: false,
    async execute({ agent, input, context }) {
      requireGated(agent, gateOf(gateOrRun), modelProvider);
      const run = runOf(gateOrRun);
      const decision = await decideFor(run, startOf(agent.name, input), await subjectOf(run));
      if (decision.permit === null) throw toRefusal(decision);
      await decision.permit.settle();
      started.add(context.usage);
      return passed(decision.permit.id);
    },
  };
  const output: GateOutputGuardrail = {
    name: "tollgate",
    async execute({ context, details }) {
      const id = details?.modelResponse?.responseId;
      const receipt = id === undefined ? undefined : answeredBy(gateOf(gateOrRun)).get(id);
      // A run that was started elsewhere may end with what was answered there.
      if (id && receipt === undefined && started.has(context.usage)) {
        throw new TypeError(`this output was made by a model that is not gated: ${remedy}`);
      }
      return passed(receipt ?? null);
    },
  };
  const tool = defineToolInputGuardrail({
    name: "tollgate",
    async run({ agent, toolCall }) {
      const { name } = toolCall;
      if (agent.tools.some((tool) => tool.name === name && gatedBy(tool) !== null)) return Output.allow();
      const asked = toToolAction(name, parseArguments(toolCall.arguments), actions[name]);
      const decision = await decideTool(gateOrRun, asked, []);
      if (decision.permit === null) return Output.rejectContent(toldOf(decision));
      await endTool(beginTool(decision));
      return Output.allow({ receipt: decision.permit.id });
    },
  });
  return { inputGuardrails: [input], outputGuardrails: [output], toolInputGuardrails: [tool] };
}

/** The start of an agent as an action, which costs nothing: its turns do. */
function startOf(name: string, input: unknown): ActionInput {
  return { kind: "other", name, params: { input }, amounts: { usd: 0n, calls: 0n } };
}

const remedy =
  "give its Runner a modelProvider from gateModelProvider, or the agent a model from gateModel, and tell gateGuardrails that modelProvider";

/** @throws TypeError naming an agent, of those that can be handed to, whose model could be called past the gate. */
function requireGated(start: AnyAgent, gate: Gate, provider: ModelProvider | undefined): void {
  const agents = new Set<AnyAgent>([start]);
  for (const agent of agents) {
    const { model, name, handoffs } = agent;
    const maker = typeof model === "string" ? provider : model;
    const gateOrRun = gatedBy(maker);
    if (gateOrRun === null || gateOf(gateOrRun) !== gate) {
      throw new TypeError(
        typeof model === "string"
          ? `the model of agent "${name}" is made by its Runner's model provider, and gateGuardrails was not told of a gated one: ${remedy}`
          : `agent "${name}" has a model instance that is not gated: ${remedy}`,
      );
    }
    for (const next of handoffs) agents.add("agent" in next ? next.agent : next);
  }
}

interface AnyAgent {
  readonly name: string;
  readonly model: string | Model;
  readonly handoffs: readonly (AnyAgent | { readonly agent: AnyAgent })[];
}

function passed(receipt: string | null): GuardrailFunctionOutput {
  return { tripwireTriggered: false, outputInfo: { receipt } };
}
