import type { Gate } from "@tollgate/core";

/**
 * What a gated model leaves in its run's metadata, so that callbacks of the same gate stand aside.
 *
 * An object, and known by a private member: metadata that came in with a request cannot pretend to be one.
 */
export class GatedCall {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** Whether a model run with this metadata is decided by a gated model of the same gate. */
  static covers(metadata: Readonly<Record<string, unknown>> | undefined, gate: Gate): boolean {
    const mark = metadata?.tollgate;
    return typeof mark === "object" && mark !== null && #gate in mark && mark.#gate === gate;
  }

  /** For tracers, which write metadata as JSON. */
  toJSON(): string {
    return "gated";
  }
}
