import { interrupt, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Approval, Awaitable, Gate } from "@tollgate/core";
import { answerApproval } from "@tollgate/core/adapter";
import { type ApprovalRequest, type ApprovalResume, isAnswerTo } from "./approval-request.ts";
import { scratchpadOf } from "./call-identity.ts";

/** How approvals of gated calls are asked for and answered. */
export interface ApprovalOptions {
  /**
   * Whether a call that needs approval interrupts the graph, or throws ApprovalRequired at its caller.
   *
   * @default "interrupt" where the graph has a checkpointer, else "throw"
   */
  readonly approvals?: "interrupt" | "throw";
  /**
   * Who an answer really comes from, or null when it is not accepted and the graph is to be interrupted again.
   *
   * Give it where whoever resumes the graph is not to be believed.
   *
   * @default who the answer says
   */
  readonly approvedBy?: (
    answer: ApprovalResume,
    request: ApprovalRequest,
    config: LangGraphRunnableConfig,
  ) => Awaitable<string | null>;
}

/** Asks by interrupt, and answers at the gate what the graph is resumed with. */
export class Approvers {
  readonly #options: ApprovalOptions;
  /** Who approved what, by execution of a task: its retries are not asked about again. */
  readonly #granted = new WeakMap<object, Map<string, string>>();

  constructor(options: ApprovalOptions) {
    this.#options = options;
  }

  /** Whether a graph with this configuration is interrupted for approvals. */
  asks({ configurable }: LangGraphRunnableConfig): boolean {
    return (
      (this.#options.approvals ?? "interrupt") === "interrupt" &&
      configurable?.__pregel_checkpointer !== undefined
    );
  }

  /**
   * Has the gate's approval answered by whoever resumes the graph; comes back once it is, granted or not.
   *
   * @throws GraphInterrupt, which pauses the graph, as long as there is no answer to this very request.
   */
  async answer(gate: Gate, approval: Approval, task: string, config: LangGraphRunnableConfig): Promise<void> {
    const granted = this.#grantedIn(config);
    const what = `${task} ${approval.digest}`;
    const before = granted.get(what);
    if (before !== undefined) {
      await answerApproval(gate, approval, {
        approved: true,
        by: before,
        reason: "a retry of what was approved",
      });
      return;
    }
    const { id, digest, action, reason, approver } = approval;
    const request: ApprovalRequest = {
      tollgate: "approval_required",
      request: task,
      approval: id,
      digest,
      action,
      reason,
      approver,
    };
    for (;;) {
      // Answers the next value that the graph was resumed with, and throws when there is none left.
      const next: unknown = interrupt(request);
      if (!isAnswerTo(request, next)) continue;
      const answer = latestAnswer(request, config) ?? next;
      const by = this.#options.approvedBy
        ? await this.#options.approvedBy(answer, request, config)
        : answer.by;
      if (by === null) continue;
      if (answer.approved) granted.set(what, by);
      await answerApproval(gate, approval, { approved: answer.approved, by, reason: answer.reason });
      return;
    }
  }

  #grantedIn(config: LangGraphRunnableConfig): Map<string, string> {
    const execution = scratchpadOf(config) ?? {};
    const granted = this.#granted.get(execution) ?? new Map<string, string>();
    this.#granted.set(execution, granted);
    return granted;
  }
}

/** Of several answers to one request, which an old checkpoint can have, the one that was given last counts. */
function latestAnswer(request: ApprovalRequest, config: LangGraphRunnableConfig): ApprovalResume | undefined {
  const { resume = [], nullResume } = scratchpadOf(config) ?? {};
  return [...resume, nullResume].findLast((answer) => isAnswerTo(request, answer));
}
