import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { Serialized } from "@langchain/core/load/serializable";
import type { BaseMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import type { ActionInput, Gate, Run } from "@tollgate/core";
import { decideFor, resolveRun, toRefusal } from "@tollgate/core/adapter";
import { GatedCall } from "./gated-call.ts";
import { machineTimers, OpenCalls, type Timers } from "./open-calls.ts";
import { type NamedCall, toChatAction, toTextAction } from "./to-action.ts";
import { asFinal } from "./to-denial.ts";
import { isUnbilled } from "./unbilled.ts";
import { resultUsage } from "./usage.ts";

/** How a callback gates. */
export interface GateCallbackOptions {
  /**
   * How long a call may show no sign of life until it is given up, in milliseconds: a stream that was left
   * half-way is then booked as estimated.
   *
   * @default 600_000 (10 minutes)
   */
  readonly silenceMs?: number;
  /** @default the machine's own */
  readonly timers?: Timers;
}

type Extra = Readonly<Record<string, unknown>>;

/**
 * A handler for a model's constructor (`callbacks: [gateCallback(run)]`) that lets no call of it out unless the
 * gate does, and books each with the usage that its provider reported.
 *
 * It only stands in the way: LangChain's callbacks cannot rewrite a call, so a degrade denies, a skip throws
 * ActionDenied, and a call without an output limit of its own is reserved with the gate's default although
 * nothing makes the provider keep it. `gateModel` does all of that.
 *
 * A refusal rejects with ActionDenied, ApprovalRequired, GateUnavailable or IdempotencyConflict.
 */
export function gateCallback(gateOrRun: Gate | Run, options: GateCallbackOptions = {}): GateCallback {
  return new GateCallback(gateOrRun, options);
}

/** What {@link gateCallback} answers. */
export class GateCallback extends BaseCallbackHandler {
  readonly name: string = "tollgate";
  readonly #gateOrRun: Gate | Run;
  readonly #open: OpenCalls;
  /** Starts of one `generate`, which LangChain gives the same object: if one is refused, none goes out. */
  readonly #siblings = new WeakMap<object, Set<string> | "refused">();

  constructor(gateOrRun: Gate | Run, options: GateCallbackOptions) {
    // Only a handler that was made so is awaited, and may stop the call by throwing.
    super({ raiseError: true });
    this.#gateOrRun = gateOrRun;
    this.#open = new OpenCalls(options.silenceMs ?? 600_000, options.timers ?? machineTimers);
  }

  /** Itself: a copy would know nothing of the calls that are open. */
  override copy(): GateCallback {
    return this;
  }

  /** Whether it is one of this gate's, so that a gated model need not run it too. */
  isOf(gate: Gate): boolean {
    return resolveRun(this.#gateOrRun).gate === gate;
  }

  override handleChatModelStart(
    _llm: Serialized,
    messages: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extra?: Extra,
    _tags?: string[],
    metadata?: Extra,
  ): Promise<void> {
    return this.#start(runId, extra, metadata, (call) => toChatAction(messages.flat(), call));
  }

  override handleLLMStart(
    _llm: Serialized,
    prompts: string[],
    runId: string,
    _parentRunId?: string,
    extra?: Extra,
    _tags?: string[],
    metadata?: Extra,
  ): Promise<void> {
    return this.#start(runId, extra, metadata, (call) => toTextAction(prompts, call));
  }

  override handleLLMNewToken(
    _token: string,
    _index: { prompt: number; completion: number },
    runId: string,
  ): void {
    this.#open.alive(runId);
  }

  override async handleLLMEnd(
    output: LLMResult,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra?: Extra,
  ): Promise<void> {
    const permit = this.#open.take(runId);
    if (permit === null) return;
    const ending =
      extra?.cached === true
        ? permit.release("answered from LangChain's cache")
        : permit.settle({ usage: resultUsage(output.generations) });
    // The gate reports an ending that failed and tries it again; what is paid for is not withheld.
    await ending.catch(() => undefined);
  }

  override async handleLLMError(
    error: unknown,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra?: Extra,
  ): Promise<void> {
    const permit = this.#open.take(runId);
    if (permit === null) return;
    const isFree = extra?.cached === true || isUnbilled(error);
    await (isFree ? permit.release("the call failed unbilled") : permit.settle()).catch(() => undefined);
  }

  async #start(
    runId: string,
    extra: Extra | undefined,
    metadata: Extra | undefined,
    toAction: (call: NamedCall) => ActionInput,
  ): Promise<void> {
    const { gate } = resolveRun(this.#gateOrRun);
    if (GatedCall.covers(metadata, gate)) return;
    // LangChain's run id is one attempt's own: whoever else is told of the same start gets the same answer.
    const action = { ...toAction(nameCall(extra, metadata)), key: `langchain/${runId}` };
    const decision = await decideFor(this.#gateOrRun, action);
    const { permit } = decision;
    if (permit === null) {
      await this.#refuseSiblings(extra);
      throw asFinal(toRefusal(decision));
    }
    // Somebody else with the same run id keeps the books of it.
    if (!permit.begin()) return;
    if (this.#joinSiblings(extra, runId)) this.#open.open(runId, permit);
    else await permit.release("another prompt of the same call was refused").catch(() => undefined);
  }

  /** Counts a start among those of its `generate`; false when that one is refused already. */
  #joinSiblings(extra: Extra | undefined, runId: string): boolean {
    if (extra === undefined) return true;
    const siblings = this.#siblings.get(extra);
    if (siblings === "refused") return false;
    if (siblings === undefined) this.#siblings.set(extra, new Set([runId]));
    else siblings.add(runId);
    return true;
  }

  /** Gives back what the other prompts of a refused `generate` hold: none of them is sent. */
  async #refuseSiblings(extra: Extra | undefined): Promise<void> {
    if (extra === undefined) return;
    const siblings = this.#siblings.get(extra);
    this.#siblings.set(extra, "refused");
    if (siblings === undefined || siblings === "refused") return;
    const endings = [...siblings].map((runId) =>
      this.#open.take(runId)?.release("another prompt of the same call was refused"),
    );
    await Promise.allSettled(endings);
  }
}

/** The model and its parameters, from what LangChain tells of a start. */
function nameCall(extra: Extra | undefined, metadata: Extra | undefined): NamedCall {
  const told = extra?.invocation_params;
  const invocation = typeof told === "object" && told !== null ? (told as Extra) : {};
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    invocation,
    model: text(invocation.model) ?? text(invocation.model_name) ?? text(metadata?.ls_model_name),
    provider: text(metadata?.ls_provider),
  };
}
