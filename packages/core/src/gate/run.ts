import type { Subject } from "../action/subject.ts";
import type { Gate } from "./gate.ts";

/** Who acts and under which id; see {@link Run}. */
export interface RunInput extends Subject {
  /**
   * Reopens or names a run: budgets `per: "run"` follow this id, in this process and any other that shares
   * the ledger.
   *
   * @default a fresh UUIDv7
   */
  readonly id?: string;
  /**
   * What shows who acts, such as a signed token: only for a gate with an identity, and only for topmost runs.
   *
   * It is verified with the run's first action, and never written anywhere.
   */
  readonly credential?: string;
}

/**
 * One agent run: its actions share budgets, identity and the stop latch.
 *
 * A handle: two handles of the same id share budgets and latch, but not their attempts.
 */
export interface Run {
  readonly gate: Gate;
  readonly id: string;
  /** The run that this one is a part of, or null. */
  readonly parent: Run | null;
  /** The id of the topmost run; budgets `per: "run"` and the latch are those of the root. */
  readonly root: string;
  /** Who acts; where the gate has an identity, what is claimed until the credential is verified. */
  readonly subject: Subject;
  /** Why the run or its agent was stopped, as far as its gate knows; null while it may go on. */
  readonly stopped: string | null;
  /**
   * Opens a run for a sub-agent, a tool that calls models, or a handoff.
   *
   * It draws on this run's budgets and shares its latch; subject fields it does not name are this run's. Where the
   * gate has an identity it is of this run's credential, and may be no more than this run.
   */
  child(input?: RunInput): Run;
  /** Stops this run, its parents and all their children: every later action is denied. */
  stop(reason: string): Promise<void>;
}
