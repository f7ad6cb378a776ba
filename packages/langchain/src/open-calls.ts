import type { Clock, Permit } from "@tollgate/core";

/** A model call that has started and of which no end has been seen. */
interface OpenCall {
  readonly permit: Permit;
  readonly letGo: () => void;
  /** Whether anything of its answer was seen. */
  answered: boolean;
  timer: unknown;
}

/** Timers for {@link OpenCalls}; a {@link Clock} is one. */
export type Timers = Pick<Clock, "setTimer" | "clearTimer">;

/** The machine's own timers, which do not keep a process alive. */
export const machineTimers: Timers = {
  setTimer(callback, delayMs) {
    const timer: unknown = setTimeout(callback, delayMs);
    if (typeof timer === "object" && timer !== null && "unref" in timer) {
      (timer as { unref(): void }).unref();
    }
    return timer;
  },
  clearTimer: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
};

/**
 * The permits of model calls that are known by their LangChain run ids, each kept alive while its caller shows
 * a sign of life, and given up when there was none for `silenceMs`.
 *
 * LangChain tells nobody of a stream that is left half-way: one of which tokens were seen is booked as
 * estimated. One without any is left to its reservation's own end, so that a late answer is still booked.
 */
export class OpenCalls {
  readonly #calls = new Map<string, OpenCall>();
  readonly #silenceMs: number;
  readonly #timers: Timers;

  constructor(silenceMs: number, timers: Timers) {
    this.#silenceMs = silenceMs;
    this.#timers = timers;
  }

  /** A call goes out. */
  open(id: string, permit: Permit): void {
    this.#calls.set(id, { permit, letGo: permit.hold(), answered: false, timer: this.#watch(id) });
  }

  /** Something of the call's answer was seen. */
  alive(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.answered = true;
    this.#timers.clearTimer(call.timer);
    call.timer = this.#watch(id);
  }

  /** Takes a call out: its caller ends the permit. Null for one that is not known, or not ours to end. */
  take(id: string): Permit | null {
    const call = this.#calls.get(id);
    if (call === undefined) return null;
    this.#calls.delete(id);
    this.#timers.clearTimer(call.timer);
    return call.permit;
  }

  #watch(id: string): unknown {
    return this.#timers.setTimer(() => {
      const call = this.#calls.get(id);
      if (call === undefined) return;
      call.letGo();
      if (!call.answered) return;
      this.#calls.delete(id);
      // The gate reports an ending that failed and tries it again.
      call.permit.settle().catch(() => undefined);
    }, this.#silenceMs);
  }
}
