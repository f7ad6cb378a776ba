import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import {
  type ActionInput,
  type Decision,
  type Gate,
  type GuardOptions,
  guard,
  type PatchField,
  type Permit,
  type Run,
} from "@tollgate/core";
import { decideFor, toRefusal } from "@tollgate/core/adapter";
import { type ApprovalOptions, Approvers } from "./ask-approval.ts";
import { CallIdentity, Replays } from "./call-identity.ts";
import { runOf, subjectOf } from "./call-subject.ts";
import { type EarlierFailure, failedBefore } from "./failed-before.ts";
import { withDenials } from "./to-denial.ts";
import { isUnbilled } from "./unbilled.ts";
import { usedBy } from "./usage.ts";

/** An action as a graph's call names it: its key and attempt come from the graph. */
export type CallAction = Omit<ActionInput, "key" | "attempt">;

/** How the calls of a node, task or tool are gated. */
export interface CallOptions<Result>
  extends ApprovalOptions,
    Pick<GuardOptions<Result>, "usage" | "unbilled"> {
  /**
   * Which rewrites of a degrade `call` applies: it must then send `permit.action`.
   *
   * @default [] (a degrade denies)
   */
  readonly accepts?: readonly PatchField[];
}

/** A task that came to nothing this often is refused, lest a ledger that knows every key is asked for ever. */
const maxAttempts = 1000;

/** A call that has been decided, and not been made. */
export interface Decided {
  readonly decision: Decision;
  readonly run: Run;
  readonly action: ActionInput;
}

/** Decides and makes the calls of one node, task or tool node. */
export class GatedCalls<Result> {
  readonly #gateOrRun: Gate | Run;
  readonly #options: CallOptions<Result>;
  readonly #approvers: Approvers;
  readonly #replays = new Replays();

  constructor(gateOrRun: Gate | Run, options: CallOptions<Result>) {
    this.#gateOrRun = gateOrRun;
    this.#options = options;
    this.#approvers = new Approvers(options);
  }

  /**
   * Decides the call of a task, after having it approved if it needs to be.
   *
   * @throws GraphInterrupt while it waits for approval, and InvalidAction.
   */
  async decide(asked: CallAction, config: LangGraphRunnableConfig): Promise<Decided> {
    const identity = new CallIdentity(config, this.#replays.nameOf(config));
    const run = runOf(this.#gateOrRun, config);
    let attempt = identity.attempt;
    let failure: EarlierFailure | null | undefined;
    let suffix = "";
    for (;;) {
      const action: ActionInput = { ...asked, key: identity.key(attempt) + suffix, attempt };
      const decision = await decideFor(run, action, this.#decideOptions(config));
      if (
        decision.outcome === "require_approval" &&
        decision.approval !== null &&
        this.#approvers.asks(config)
      ) {
        await this.#approvers.answer(run.gate, decision.approval, identity.task, config);
        continue;
      }
      if (decision.outcome !== "deny" || suffix !== "" || attempt >= maxAttempts || isStranger(decision))
        return { decision, run, action };
      if (!cameToNothing(decision)) {
        if (failure === undefined) failure = await failedBefore(config);
        if (failure === null || isUnderWay(decision)) return { decision, run, action };
        // What was denied stays denied under its key; whoever runs the failed task again asks anew.
        if (decision.code !== "idempotency_conflict") suffix = `/${crypto.randomUUID()}`;
        else if (failure === "refused") return { decision, run, action };
      }
      attempt += 1;
    }
  }

  /** Makes a call that was let through, once, and books it. @throws its refusal when it was not let through. */
  perform(
    { decision, run, action }: Decided,
    config: LangGraphRunnableConfig,
    call: (permit: Permit) => Result | PromiseLike<Result>,
  ): Promise<Result> {
    return withDenials(async () => {
      if (decision.permit === null) throw toRefusal(decision);
      // The same key again: the gate answers the permit that is open.
      return await guard<Result>(run, action, async (permit) => run.gate.withRun(run, () => call(permit)), {
        ...this.#decideOptions(config),
        unbilled: this.#options.unbilled ?? isUnbilled,
        usage: this.#options.usage ?? usedBy,
      });
    });
  }

  #decideOptions(config: LangGraphRunnableConfig): Pick<GuardOptions<Result>, "accepts" | "subject"> {
    const subject = subjectOf(config);
    return { accepts: this.#options.accepts ?? [], ...(subject === undefined ? {} : { subject }) };
  }
}

/** Whether the key stands for an attempt that surely came to nothing, so that there may be another. */
function cameToNothing({ conflict }: Decision): boolean {
  return conflict === "already_released" || conflict === "already_expired";
}

/** Whether it was refused for who asks: that says nothing of its key, which stays for whoever may. */
function isStranger({ code }: Decision): boolean {
  return code === "identity_denied" || code === "identity_failed";
}

/** Whether the key stands for an attempt that somebody else is making, as far as can be told. */
function isUnderWay({ code, conflict }: Decision): boolean {
  return code === "idempotency_conflict" && (conflict === undefined || !ended.has(conflict));
}

/** What may stand in the way of a task that LangGraph knows to have failed: what is left of its failure. */
const ended: ReadonlySet<string> = new Set(["already_settled", "forgotten", "digest_mismatch"]);
