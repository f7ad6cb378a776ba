/**
 * Where the gate gets its times and timers from; inject one to make time stand still in a test.
 *
 * `now()` is epoch milliseconds. Timers must not keep a process alive.
 */
export interface Clock {
  now(): number;
  /** Calls `callback` once after `delayMs`; answers a handle for {@link Clock.clearTimer}. */
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(handle: unknown): void;
}

/** The machine's own clock, with timers that let a Node process exit. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, delayMs) {
    const handle: unknown = setTimeout(callback, delayMs);
    if (typeof handle === "object" && handle !== null && "unref" in handle) {
      (handle as { unref(): void }).unref();
    }
    return handle;
  },
  clearTimer(handle) {
    clearTimeout(handle as Parameters<typeof clearTimeout>[0]);
  },
};
