import type { ActionInput, Decision, Gate, Run } from "@tollgate/core";
import { decideFor, type ToolAction, toolAnswer, toRefusal } from "@tollgate/core/adapter";
import { runOf, subjectOf } from "./current-run.ts";

/** What a call of a tool costs or needs: fixed, or worked out from the arguments that the model gave. */
export type DescribedToolAction = ToolAction | ((input: unknown) => ToolAction);

/** A tool's call as an action. */
export function toToolAction(name: string, input: unknown, more: DescribedToolAction = {}): ActionInput {
  return { kind: "tool", name, params: input, ...(typeof more === "function" ? more(input) : more) };
}

/** The model's arguments of a call; where they are no JSON, the text itself. */
export function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Decides a tool's call for whoever runs it. */
export async function decideTool(
  gateOrRun: Gate | Run,
  action: ActionInput,
  accepts: readonly "params"[] = ["params"],
): Promise<Decision> {
  const run = runOf(gateOrRun);
  return decideFor(run, action, { ...(await subjectOf(run)), accepts });
}

/**
 * What the model is told of a call that did not run: the rule's result for a skip, else one denial payload.
 *
 * @throws the refusal itself when it stops the run, or when the call was made before: that is not the model's to
 *   go on from
 */
export function toldOf(decision: Decision): string {
  if (decision.terminal || decision.code === "idempotency_conflict") throw toRefusal(decision);
  const answer = toolAnswer(decision);
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

/** Decisions made while a call waited for its approval, for the execution of exactly that call. */
export class LeftDecisions {
  readonly #left = new WeakMap<object, Map<string, Decision[]>>();

  /** Leaves a decision for the call's execution in the same run of the SDK. */
  leave(context: object, callId: string | undefined, input: unknown, decision: Decision): void {
    const calls = this.#left.get(context) ?? new Map<string, Decision[]>();
    this.#left.set(context, calls);
    const call = nameOf(callId, input);
    calls.set(call, [...(calls.get(call) ?? []), decision]);
  }

  /** Takes the decision that was left for a call, once; undefined where there is none that still holds. */
  take(context: object, callId: string | undefined, input: unknown): Decision | undefined {
    const calls = this.#left.get(context);
    const call = nameOf(callId, input);
    const [first, ...rest] = calls?.get(call) ?? [];
    if (rest.length === 0) calls?.delete(call);
    else calls?.set(call, rest);
    return first?.permit != null && first.permit.ended !== null ? undefined : first;
  }
}

/** How long a left decision is kept from expiring until its call is under way, in milliseconds. */
const untilBegunMs = 60_000;

/**
 * A left decision if it still holds, else undefined: a guardrail may have taken its time since, and meanwhile the
 * run was stopped, or the money went back and to somebody else.
 */
export async function stillHolding(decision: Decision | undefined): Promise<Decision | undefined> {
  const permit = decision?.permit ?? null;
  if (decision === undefined || permit === null) return decision;
  const keeps = () => permit.extend(untilBegunMs).catch(() => false);
  if (permit.run.stopped === null && (decision.claims.length === 0 || (await keeps()))) return decision;
  await permit.release("no longer valid when its tool was to run").catch(() => undefined);
  return undefined;
}

function nameOf(callId: string | undefined, input: unknown): string {
  return `${callId} ${JSON.stringify(input)}`;
}
