import type { ActionInput, PatchField } from "../action/action.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import type { Subject } from "../action/subject.ts";
import type { Approvals } from "../oversight/approvals.ts";
import type { PublicJwk, Receipt } from "../receipt/receipt.ts";
import type { ReceiptQuery } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";
import type { Decision } from "./decision.ts";
import type { Run, RunInput } from "./run.ts";

/** How one action is to be decided. */
export interface DecideOptions {
  /** The run that acts. @default the run of `withRun`, else the gate's default run */
  readonly run?: Run;
  /** Subject fields for this action alone, over those of the run. */
  readonly subject?: Subject;
  /**
   * Which rewrites the caller is able to apply to what it sends.
   *
   * A degrade that needs another one denies, so that nothing goes out unmodified.
   *
   * @default [] (none)
   */
  readonly accepts?: readonly PatchField[];
}

/**
 * What to stop: a run by its handle or id, or an agent by the name that its subject has, in the tenant that its
 * subject has, or in all of them where none is given.
 */
export type StopTarget = Run | string | { readonly agent: string; readonly tenant?: string };

/** The gate in front of every action; made by `createGate`. */
export interface Gate {
  /**
   * The key of the signer that the gate was made with: what verifies its chain, unless that began under an
   * earlier key.
   */
  readonly publicKey: PublicJwk;
  /** The chain that this gate writes its receipts to. */
  readonly chain: string;
  readonly approvals: Approvals;
  /** The run of actions that no run is given for; one for the gate's whole life. */
  readonly defaultRun: Run;
  /** Opens a run. @throws InvalidAction when the subject makes no sense. */
  run(input?: RunInput): Run;
  /** Calls `fn` so that every action inside, at any depth and after any await, belongs to `run`. */
  withRun<T>(run: Run, fn: () => T): T;
  /** The run of the innermost `withRun`, or null. */
  currentRun(): Run | null;
  /**
   * Decides one action: for callers that sequence themselves; adapters use `gateBudget` or `guard`.
   *
   * Never rejects for a refusal or a failure: those are decisions.
   *
   * @throws InvalidAction when the action cannot be judged as given.
   */
  decide(action: ActionInput, options?: DecideOptions): Promise<Decision>;
  /**
   * Stops a run or an agent: every later action is denied. A run by handle is the whole run, with its parents and
   * children; by id it is the run of that id and its children. An agent is stopped in every run, with all that is
   * done on its behalf.
   *
   * Gates that share a ledger which outlives the process, or `stops`, share what is stopped: once this resolves, which
   * takes a second there, each of them denies the next action. Where the store fails this rejects; this gate denies
   * all the same, and tells the store as soon as it can.
   *
   * @throws InvalidAction when the target or the reason makes no sense; what the store of stops throws.
   */
  stop(target: StopTarget, reason: string): Promise<void>;
  /**
   * Goes over to another key: the chain gets a `key` receipt that names it, signed by the key before it.
   *
   * With an endorsement, also to the same key under a new one, and from a key whose endorsement has run out.
   *
   * @throws InvalidConfig when the signer makes no sense; TollgateError when the receipt cannot be written. Then
   * the chain goes on under the key that the log says; try again.
   */
  rotate(signer: Signer): Promise<void>;
  balances(query?: BalanceQuery): Promise<readonly Balance[]>;
  /** This gate's receipts, in order. */
  receipts(query?: ReceiptQuery): AsyncIterable<Receipt>;
  /**
   * Denies later actions, waits for decisions and endings under way, books what is owed, writes the last receipt
   * and closes the stores. What is settled after that is booked if the ledger still can, but has no receipt.
   *
   * Rejects with the first thing that went wrong; the stores are closed all the same.
   */
  close(): Promise<void>;
}
