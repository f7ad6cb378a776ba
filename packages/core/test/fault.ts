import type { Awaitable } from "@tollgate/core";
import { turn } from "./broken-ledger.ts";

/** How a call can fail. What hangs comes to its end some turns later, as if nothing had been. */
export type FaultKind =
  | "throws"
  | "rejects"
  | "rejects after doing it"
  | "hangs before doing it"
  | "hangs after doing it";

/** Where a fault strikes: in the `nth` call, from 1, of a method such as `ledger.reserve`. */
export interface FaultPlan {
  readonly method: string;
  readonly kind: FaultKind;
  readonly nth: number;
  /** How long it hangs; Infinity until the fault has passed. */
  readonly turns: number;
}

/** One single fault. All calls that it may strike go through it. */
export class Fault {
  readonly #plan: FaultPlan;
  #calls = 0;
  #isOver = false;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** Whether its call has come. */
  get hasStruck(): boolean {
    return this.#calls >= this.#plan.nth;
  }

  /** From now on it strikes no more, and what hangs is answered. */
  pass(): void {
    this.#isOver = true;
  }

  call<T>(method: string, sound: () => Awaitable<T>): Awaitable<T> {
    const { method: struck, nth } = this.#plan;
    if (method !== struck || this.#isOver || ++this.#calls !== nth) return sound();
    return this.#fail(sound);
  }

  #fail<T>(sound: () => Awaitable<T>): Awaitable<T> {
    const error = new Error(`a fault: ${this}`);
    switch (this.#plan.kind) {
      case "throws":
        throw error;
      case "rejects":
        return Promise.reject(error);
      case "rejects after doing it":
        return Promise.resolve(sound()).then(() => Promise.reject(error));
      case "hangs before doing it":
        return this.#hang().then(sound);
      case "hangs after doing it":
        return Promise.resolve(sound()).then((answer) => this.#hang().then(() => answer));
    }
  }

  async #hang(): Promise<void> {
    for (let gone = 0; gone < this.#plan.turns && !this.#isOver; gone++) await turn();
  }

  toString(): string {
    const { method, kind, nth, turns: hanging } = this.#plan;
    return `call ${nth} of ${method} ${kind}${kind.startsWith("hangs") ? `, for ${hanging} turns` : ""}`;
  }
}
