import { type Gate, InvalidAction, type Run, type RunInput } from "@tollgate/core";

/** What a caller shows, and what they claim of themselves; the run's id is the thread's. */
export interface CallerInput extends Omit<RunInput, "id"> {
  /** What shows who calls, such as a signed token. */
  readonly credential: string;
}

/**
 * Who invokes a graph, for `configurable: { tollgate: caller({ credential }) }` or the runtime's `context`: one graph
 * serves many callers, each held to what their credential says.
 *
 * LangGraph hands its configuration on to streams, savers and tracers. This one has nothing in it that they could
 * write. Make one for each request, or keep it for as long as a caller's conversation goes on: its runs are verified
 * once.
 *
 * @throws InvalidAction without a credential.
 */
export function caller(input: CallerInput): Caller {
  return new Caller(input);
}

/** Made by {@link caller}; opaque. */
export class Caller {
  readonly #input: CallerInput;
  readonly #runs = new WeakMap<Gate, Map<string | null, Run>>();

  constructor(input: CallerInput) {
    if (typeof input?.credential !== "string" || input.credential === "") {
      throw new InvalidAction("expected caller({ credential }), with what shows who calls, such as a token");
    }
    this.#input = { ...input };
  }

  /** The run of a thread, or of no thread, in a gate: the same for all calls of this caller. */
  run(gate: Gate, thread: string | null): Run {
    const runs = this.#runs.get(gate) ?? new Map<string | null, Run>();
    this.#runs.set(gate, runs);
    const run = runs.get(thread) ?? gate.run({ ...this.#input, ...(thread === null ? {} : { id: thread }) });
    runs.set(thread, run);
    return run;
  }

  /** Whether a run, or one that it is a part of, is one of this caller's. */
  owns(run: Run): boolean {
    const own = [...(this.#runs.get(run.gate)?.values() ?? [])];
    for (let each: Run | null = run; each !== null; each = each.parent) if (own.includes(each)) return true;
    return false;
  }

  /** What is claimed besides what the credential says. */
  get claims(): Omit<RunInput, "id" | "credential"> {
    const { credential: _credential, ...claims } = this.#input;
    return claims;
  }
}
