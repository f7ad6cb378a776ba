import { readSubject } from "../action/read-subject.ts";
import { readRunId } from "../action/run-id.ts";
import type { Subject } from "../action/subject.ts";
import type { Holder, Identity, InTime } from "../identity/identity.ts";
import { agentName, type Stops } from "../ledger/stops.ts";
import type { Gate } from "./gate.ts";
import type { Run, RunInput } from "./run.ts";
import type { RunBook, RunCounts } from "./run-book.ts";

/** What a run handle needs of its gate. */
export interface RunHome {
  readonly gate: Gate;
  readonly stops: Stops;
  readonly book: RunBook;
  /** Who may act, where credentials are verified. */
  readonly identity: Identity | undefined;
  readonly inTime: InTime;
  newId(): string;
  now(): number;
}

/** A run as the gate hands it out. */
export class RunHandle implements Run {
  readonly id: string;
  readonly parent: RunHandle | null;
  readonly root: string;
  /** Who acts, by its credential; undefined in a gate without an identity. */
  readonly holder: Holder | undefined;
  readonly #home: RunHome;
  /** What its opener said. */
  readonly #claimed: Subject;
  readonly #openedAt: number;
  #counts: RunCounts | null;
  #stopped: string | null = null;

  constructor(home: RunHome, input: RunInput, parent: RunHandle | null) {
    const { id, ...given } = input;
    if (id !== undefined) readRunId(id);
    const { credential, ...named } = given;
    const identity = parent === null ? home.identity : undefined;
    // A credential that nobody would look at is refused like any member that nobody knows.
    const own = readSubject(identity === undefined ? given : named);
    this.#home = home;
    this.id = id ?? home.newId();
    this.parent = parent;
    this.root = parent?.root ?? this.id;
    this.#claimed = parent === null ? own : Object.freeze({ ...parent.#claimed, ...own });
    this.holder =
      parent === null ? identity?.holder(credential, own, home.inTime) : parent.holder?.child(own);
    this.#openedAt = home.now();
    this.#counts = home.identity === undefined ? this.counts : null;
  }

  get subject(): Subject {
    return this.holder?.subject ?? this.#claimed;
  }

  /** The subjects whose budgets its actions draw on: its own, then its ancestors'. */
  get subjects(): readonly Subject[] {
    return this.parent === null ? [this.subject] : [this.subject, ...this.parent.subjects];
  }

  /**
   * What the whole run has done: its root's. With an identity looked up when it counts first, so that who is not
   * admitted takes the place of no run.
   */
  get counts(): RunCounts {
    this.#counts ??= this.parent?.counts ?? this.#home.book.open(this.id, this.#openedAt);
    return this.#counts;
  }

  get gate(): Gate {
    return this.#home.gate;
  }

  get stopped(): string | null {
    for (let run: RunHandle | null = this; run !== null && this.#stopped === null; run = run.parent) {
      // Once seen it stays, also when the gate has long forgotten the run.
      this.#stopped = this.#home.stops.reason(run.id);
      // An agent's may be lifted.
      const reason = this.#stopped ?? this.agentStop(run.subject);
      if (reason !== null) return reason;
    }
    return this.#stopped;
  }

  /** The key of an attempt that its caller identifies; never one that a gate makes itself, which is an id. */
  keyOf(given: string): string {
    return `${this.id.length}:${this.id}/${given}`;
  }

  /** What its gate's clock says, in epoch milliseconds. */
  now(): number {
    return this.#home.now();
  }

  child(input: RunInput = {}): RunHandle {
    return new RunHandle(this.#home, input, this);
  }

  stop(reason: string): Promise<void> {
    return this.gate.stop(this, reason);
  }

  /** Why an agent was stopped, in its tenant or in all; null while it may go on. */
  agentStop({ agent, tenant }: Subject): string | null {
    const { stops } = this.#home;
    const reason = stops.reason(agentName(agent)) ?? stops.reason(agentName(agent, tenant));
    return reason === null ? null : `agent ${agent}: ${reason}`;
  }
}
