import type { Clock } from "../clock.ts";

/** A clock that stands still until it is told to move; for tests. Its timers fall due on whole milliseconds. */
export interface ManualClock extends Clock {
  /** Moves on by `ms` and runs the timers that fall due, in order. */
  advance(ms: number): void;
  /** Jumps to a time, also back; runs no timers. */
  set(now: number): void;
  /** How many timers are waiting. */
  readonly timers: number;
}

/** A manual clock that starts at `now`, epoch milliseconds. @default 2026-01-01T00:00:00Z */
export function manualClock(now: number = Date.UTC(2026, 0, 1)): ManualClock {
  let time = now;
  const timers = new Map<symbol, { readonly at: number; readonly callback: () => void }>();
  return {
    now: () => time,
    setTimer(callback, delayMs) {
      const handle = Symbol("timer");
      // No system clock tells a part of a millisecond, and a gate does not trust one that does.
      timers.set(handle, { at: time + Math.ceil(delayMs), callback });
      return handle;
    },
    clearTimer(handle) {
      timers.delete(handle as symbol);
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = [...timers]
          .filter(([, timer]) => timer.at <= end)
          .sort(([, a], [, b]) => a.at - b.at)[0];
        if (next === undefined) break;
        const [handle, timer] = next;
        timers.delete(handle);
        time = Math.max(time, timer.at);
        timer.callback();
      }
      time = end;
    },
    set(next) {
      time = next;
    },
    get timers() {
      return timers.size;
    },
  };
}
