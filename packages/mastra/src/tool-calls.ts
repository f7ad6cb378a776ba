import type { ToolHooks } from "@mastra/core/tools";
import type { ActionInput, Approval, Decision, Gate, Permit, RefusedError, Run } from "@tollgate/core";
import {
  answerApproval,
  beginTool,
  decideFor,
  denialPayload,
  enforcedInput,
  isAnsweredBy,
  type ToolAction,
} from "@tollgate/core/adapter";
import { OpenCall } from "./open-call.ts";
import {
  type ApprovalOptions,
  type ApprovalRequest,
  isAnswerTo,
  requestOf,
  type ToolCallContext,
  toRequest,
} from "./tool-approval.ts";

/** How tools are gated. */
export interface GateToolHooksOptions extends ApprovalOptions {
  /** What a call of a tool costs or needs, by the tool's name: fixed, or worked out from its input. */
  readonly actions?: Readonly<Record<string, ToolAction | ((input: unknown) => ToolAction)>>;
}

type Before = NonNullable<ToolHooks["beforeToolCall"]>;
type After = NonNullable<ToolHooks["afterToolCall"]>;

/** Decides the tool calls that Mastra announces to its hooks, and books them when they have run. */
export class ToolCalls {
  readonly #run: () => Run;
  readonly #options: GateToolHooksOptions;
  readonly #onConflict: (conflict: RefusedError) => void;
  /** By the context that Mastra makes for each call. */
  readonly #open = new WeakMap<object, OpenCall>();

  /** `onConflict` is told of calls that somebody else has made, or is making. */
  constructor(
    run: () => Run,
    options: GateToolHooksOptions,
    onConflict: (conflict: RefusedError) => void = () => undefined,
  ) {
    this.#run = run;
    this.#options = options;
    this.#onConflict = onConflict;
  }

  readonly before: Before = async ({ toolName, input, context }) => {
    const call = context as ToolCallContext;
    const action = toToolAction(toolName, input, this.#options);
    const decision = await this.#decide(toolName, action, call);
    if (decision === null) return { proceed: false, output: undefined };
    if (decision.outcome === "skip" && decision.result !== undefined) {
      return { proceed: false, output: decision.result };
    }
    const permit = this.#begin(decision);
    const args = enforcedInput(permit, action);
    // The tool gets the very object that the hook gets.
    if (args !== action.params) Object.assign(input as object, args);
    this.#open.set(call, new OpenCall(permit, call, call.abortSignal));
    return undefined;
  };

  readonly after: After = async ({ context }) => {
    const call = context as ToolCallContext;
    const open = this.#open.get(call);
    this.#open.delete(call);
    await open?.end();
  };

  /** @throws what tells the model of a call that was refused */
  #begin(decision: Decision): Permit {
    try {
      return beginTool(decision);
    } catch (error) {
      const refusal = error as RefusedError;
      if (refusal.code === "idempotency_conflict") this.#onConflict(refusal);
      throw toToolError(refusal);
    }
  }

  /** Decides a call, after having it approved if it needs to be; null while it is suspended for that. */
  async #decide(name: string, action: ActionInput, call: ToolCallContext): Promise<Decision | null> {
    const run = this.#run();
    const request = requestOf(name, call);
    let answer = request === null ? null : call.resumeData;
    if (request !== null) {
      call.resumeData = request.paused?.resumeData;
      call.suspendPayload = request.paused?.suspendPayload;
    }
    // What was suspended is one attempt, however often and wherever it is resumed.
    const asked = request === null ? action : { ...action, key: `resumed/${request.request}` };
    for (;;) {
      const decision = await decideFor(run, asked, { accepts: ["params"] });
      const { approval, outcome } = decision;
      if (outcome !== "require_approval" || approval === null) return decision;
      if (call.suspend === undefined || this.#options.approvals === "refuse") return decision;
      if (request !== null && (await this.#passOn(run.gate, approval, request, answer))) {
        answer = null;
        continue;
      }
      const { suspendedToolRunId: runId } = call;
      await call.suspend(toRequest(approval, name, call), runId === undefined ? {} : { runId });
      return null;
    }
  }

  /** Passes somebody's answer on to the gate, if it is one to this approval. */
  async #passOn(gate: Gate, approval: Approval, request: ApprovalRequest, answer: unknown): Promise<boolean> {
    if (!isAnswerTo(request, answer) || request.digest !== approval.digest) return false;
    // Another gate may have asked; this one may have used it up.
    if (!(await isAnsweredBy(gate, approval, request.approval))) return false;
    const by = this.#options.approvedBy ? await this.#options.approvedBy(answer, request) : answer.by;
    if (by === null) return false;
    await answerApproval(gate, approval, { ...answer, by });
    return true;
  }
}

/**
 * What Mastra is to make a tool's error of, whose message the model gets: the denial payload as JSON.
 *
 * As a result it would have to pass through the tool's own `toModelOutput`, which does not know of refusals.
 */
export function toToolError(refusal: RefusedError): Error {
  return new Error(JSON.stringify(denialPayload(refusal)), { cause: refusal });
}

/** A tool's call as an action. */
export function toToolAction(
  name: string,
  input: unknown,
  { actions = {} }: Pick<GateToolHooksOptions, "actions">,
): ActionInput {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  return { kind: "tool", name, params: input, ...(typeof action === "function" ? action(input) : action) };
}
