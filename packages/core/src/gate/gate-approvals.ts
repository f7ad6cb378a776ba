import type { Awaitable } from "../awaitable.ts";
import { InvalidAction } from "../errors.ts";
import { approvalContent } from "../oversight/approval-content.ts";
import type { ApprovalStore, ApprovalVerdict } from "../oversight/approval-store.ts";
import type { Approval, ApprovalAnswer, ApprovalQuery, Approvals } from "../oversight/approvals.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { InTime } from "./deadline.ts";
import type { GateFailure } from "./gate-options.ts";

/** What the store is called in messages. */
const storeName = "the store of approvals";

/** What approvals need of their gate. */
export interface ApprovalsHome {
  readonly store: ApprovalStore;
  readonly inTime: InTime;
  now(): number;
  /** Records a step in the life of an approval; null when that is owed for now. */
  readonly record: (content: ReceiptContent) => Promise<Receipt | null>;
  /** Where receipts can be missing; undefined while this gate owes some itself. */
  log(): Pick<ReceiptLog, "read"> | undefined;
  /** Tells somebody of a new request. */
  readonly tell: ((approval: Approval) => unknown) | undefined;
  report(failure: GateFailure): void;
}

/** A gate's approvals: each step is the store's, and whoever makes it writes its receipt. */
export class GateApprovals implements Approvals {
  readonly #home: ApprovalsHome;

  constructor(home: ApprovalsHome) {
    this.#home = home;
  }

  async list(query: ApprovalQuery = {}): Promise<readonly Approval[]> {
    await this.#expire();
    return this.#wait(this.#home.store.list(query));
  }

  async get(id: string): Promise<Approval | null> {
    await this.#expire();
    return this.#wait(this.#home.store.get(id));
  }

  grant(id: string, answer: ApprovalAnswer): Promise<Approval> {
    return this.#answer(id, "granted", answer);
  }

  deny(id: string, answer: ApprovalAnswer): Promise<Approval> {
    return this.#answer(id, "denied", answer);
  }

  /**
   * Uses up a granted approval for a decision, else tells what stands in its place; see {@link ApprovalStore.ask}.
   *
   * The answer has another id than the request, unless it was kept.
   */
  ask(request: Approval, decision: string): Awaitable<Approval> {
    return this.#wait(this.#home.store.ask(request, decision), ({ id }) => {
      // Whatever was done too late is undone; each does nothing where nothing was.
      this.giveBack(id, decision);
      this.withdraw(request.id);
    });
  }

  /** Gives back an approval that was used up for a decision which then did not go through. */
  giveBack(id: string, decision: string): Promise<void> {
    return this.#try(() => this.#home.store.giveBack(id, decision));
  }

  /** Takes back a request that could not be recorded: nobody may answer it. */
  withdraw(id: string): Promise<void> {
    return this.#try(() => this.#home.store.withdraw(id));
  }

  /** Tells of a new request whoever wants to be told. */
  tell(approval: Approval): Promise<void> {
    return this.#try(() => this.#home.tell?.(approval), "onApproval");
  }

  /** Does what decides nothing: its failure is reported. */
  async #try(step: () => unknown, who?: string): Promise<void> {
    try {
      await this.#home.inTime(who ?? storeName, step());
    } catch (cause) {
      this.#home.report({ during: "approval", cause });
    }
  }

  async #answer(
    id: string,
    status: ApprovalVerdict["status"],
    { by, reason }: ApprovalAnswer,
  ): Promise<Approval> {
    // Nothing is said to the store that no receipt could say.
    if (typeof by !== "string" || by === "" || typeof (reason ?? "") !== "string") {
      throw new InvalidAction('say who answers the approval: { by: "alice" }');
    }
    await this.#expire();
    const { store, now } = this.#home;
    const answered = await this.#step(
      store.answer(id, { status, by, reason: reason ?? null, at: now() }),
      (answer) => (answer?.taken === true ? [answer.approval] : []),
    );
    if (answered?.taken === true) return answered.approval;
    throw new InvalidAction(
      answered === null
        ? `no approval ${id} is known`
        : `approval ${id} is ${answered.approval.status}, not pending`,
    );
  }

  async #expire(): Promise<void> {
    const { store, now, log } = this.#home;
    await this.#step(store.expire(now(), log()), (expired) => expired);
  }

  /** Waits for a step of the store, and writes the receipts of what approvals have become by it. */
  async #step<T>(step: Awaitable<T>, taken: (answer: T) => readonly Approval[]): Promise<T> {
    const { store, record } = this.#home;
    const write = async (answer: T): Promise<void> => {
      for (const approval of taken(answer)) {
        if (await record(approvalContent(approval))) await this.#try(() => store.recorded?.(approval));
      }
    };
    const answer = await this.#wait(step, write);
    await write(answer);
    return answer;
  }

  #wait<T>(answer: Awaitable<T>, late?: (answer: T) => void): Awaitable<T> {
    return this.#home.inTime(storeName, answer, late);
  }
}
