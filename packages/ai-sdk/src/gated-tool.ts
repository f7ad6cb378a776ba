import type { ActionInput, Decision, Gate, Run } from "@tollgate/core";
import { decideFor, resolveRun, type ToolAction } from "@tollgate/core/adapter";

/** The gate's side of one gated tool; the tool carries it under {@link gatedTool}. */
export class GatedTool {
  readonly name: string;
  readonly #gateOrRun: Gate | Run;
  readonly #describe: (input: unknown) => ToolAction;
  /** Decisions made while the call waited for its approval, by the very input that will be executed. */
  readonly #decided = new WeakMap<object, Decision>();

  constructor(name: string, gateOrRun: Gate | Run, describe: (input: unknown) => ToolAction) {
    this.name = name;
    this.#gateOrRun = gateOrRun;
    this.#describe = describe;
  }

  /** The run that a call of the tool belongs to now. */
  get run(): Run {
    return resolveRun(this.#gateOrRun);
  }

  /** Decides a call of the tool. */
  decide(input: unknown): Promise<Decision> {
    return decideFor(this.#gateOrRun, this.action(input), { accepts: ["params"] });
  }

  /** The call as an action. */
  action(input: unknown): ActionInput {
    return { kind: "tool", name: this.name, params: input, ...this.#describe(input) };
  }

  /** Leaves a decision for the execution of exactly this input. */
  leave(input: unknown, decision: Decision): void {
    if (typeof input === "object" && input !== null) this.#decided.set(input, decision);
  }

  /** Takes the decision that was left for an input, once; decides where there is none that still holds. */
  async take(input: unknown): Promise<Decision> {
    const left = typeof input === "object" && input !== null ? this.#decided.get(input) : undefined;
    if (left === undefined) return this.decide(input);
    this.#decided.delete(input as object);
    return left.permit !== null && left.permit.ended !== null ? this.decide(input) : left;
  }
}

/** Where a gated tool carries its {@link GatedTool}; survives two copies of this package. */
export const gatedTool: symbol = Symbol.for("tollgate.ai-sdk.tool");

/** The gate's side of a tool, or null when it is not gated. */
export function gatedToolOf(tool: unknown): GatedTool | null {
  if (typeof tool !== "object" || tool === null || !(gatedTool in tool)) return null;
  return tool[gatedTool as keyof typeof tool] as GatedTool;
}
