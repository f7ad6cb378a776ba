import type { RequestContext } from "@mastra/core/request-context";
import {
  findDenial,
  type Gate,
  InvalidAction,
  type RefusedError,
  type Run,
  type RunInput,
} from "@tollgate/core";
import { hasIdentity, resolveRun } from "@tollgate/core/adapter";

/** What is known of one call of an agent, from its start to its end. */
interface AgentCall {
  /** The refusal that ends it, once there is one. */
  refusal: RefusedError | null;
  /** Whether it is a network, which runs tools past the hooks. */
  readonly isNetwork: boolean;
}

/**
 * The runs that an agent's calls belong to, one handle for each call, carried by `gate.withRun`.
 *
 * A refused model call ends its agent's call: whoever tries again, another model of a list or an error
 * processor, gets the same refusal and asks the gate no more.
 */
export class AgentRuns {
  readonly gate: Gate;
  readonly #gateOrRun: Gate | Run;
  readonly #agent: string;
  readonly #calls = new WeakMap<Run, AgentCall>();

  constructor(gateOrRun: Gate | Run, agent: string) {
    this.gate = resolveRun(gateOrRun).gate;
    this.#gateOrRun = gateOrRun;
    this.#agent = agent;
  }

  /** The run that whatever the agent does now belongs to. */
  readonly current = (): Run => {
    const run = this.gate.currentRun();
    return run !== null && this.#calls.has(run) ? run : resolveRun(this.#gateOrRun);
  };

  /** Whether the agent is at work as a network now. */
  get inNetwork(): boolean {
    return this.#calls.get(this.current())?.isNetwork === true;
  }

  /**
   * Opens the run of a call that Mastra knows as `runId`: the run that the agent was given, else a child of the
   * run that it is called in, else one of that very id, so that a call goes on in its own run when it is resumed.
   *
   * On whose behalf is said by `tollgate` in Mastra's request context; it is the agent's own name where no
   * credential decides that.
   *
   * @throws InvalidAction for a credential in the request context, which Mastra writes into storage and traces
   */
  open(runId: string, context: RequestContext | undefined, isNetwork = false): Run {
    const input = context?.get("tollgate") as RunInput | undefined;
    if (typeof input === "object" && input !== null && "credential" in input) {
      throw new InvalidAction(
        "Mastra writes its request context into storage: show the credential to gate.run({ credential }), and call the agent inside gate.withRun(run, ...)",
      );
    }
    const run = this.#open(runId, input);
    this.#calls.set(run, { refusal: null, isNetwork });
    return run;
  }

  /** Another handle of the current run, for what may be refused without ending the agent's call. */
  beside(): Run {
    const run = this.current();
    const handle = run.child({ id: run.id });
    this.#calls.set(handle, { refusal: null, isNetwork: false });
    return handle;
  }

  /** Makes an attempt at a model call, unless a refusal has ended the agent's call. */
  readonly attempt = async <T>(attempt: (run: Run) => Promise<T>): Promise<T> => {
    const run = this.current();
    this.check(run);
    try {
      return await attempt(run);
    } catch (error) {
      const refusal = findDenial(error);
      if (refusal !== null) this.end(refusal, run);
      throw error;
    }
  };

  /** Ends an agent's call with a refusal. */
  end(refusal: RefusedError, run: Run = this.current()): void {
    const call = this.#calls.get(run);
    if (call !== undefined) call.refusal ??= refusal;
  }

  /** @throws the refusal that has ended the call of a run */
  check(run: Run): void {
    const refusal = this.#calls.get(run)?.refusal ?? null;
    if (refusal !== null) throw refusal;
  }

  #open(runId: string, input: RunInput | undefined): Run {
    // Each call has a handle of its own, also in a run that it shares with others.
    if (!("decide" in this.#gateOrRun)) return this.#gateOrRun.child({ id: this.#gateOrRun.id });
    const agent = hasIdentity(this.#gateOrRun) ? {} : { agent: this.#agent };
    const named = { ...agent, ...input, id: input?.id ?? toRunId(runId) };
    const parent = this.gate.currentRun();
    return parent === null ? this.gate.run(named) : parent.child({ ...named, id: toRunId(runId) });
  }
}

/** Mastra's id in the characters that a run's id may have. */
function toRunId(id: string): string {
  return /^[\x21-\x24\x26-\x7e]+$/.test(id) ? id : encodeURIComponent(id.toWellFormed());
}
