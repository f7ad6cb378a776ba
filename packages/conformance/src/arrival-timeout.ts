/** What may run out, and what has to happen before it does. */
type Waits = Map<number, () => number>;

/** A time limit that runs out when a request has arrived. */
export interface ArrivalTimeout {
  /** To be given to whatever takes a time limit in milliseconds; nothing else waits so long. */
  readonly ms: number;
  /** Makes it a time limit as any other again. */
  remove(): void;
}

/**
 * A time limit for frameworks that wait by `setTimeout` or `AbortSignal.timeout`: it runs out once `count` has
 * grown since it was set, however long that takes. By the clock it could run out before there was a request.
 */
export function arrivalTimeout(count: () => number): ArrivalTimeout {
  const waits = installed();
  // Hours, so that no timer of a framework's own is taken for it.
  const ms = 10_000_000 + ((lastOf(waits) + 1) % 1_000_000);
  waits.set(ms, count);
  return { ms, remove: () => void waits.delete(ms) };
}

function lastOf(waits: Waits): number {
  return ([...waits.keys()].at(-1) ?? 10_000_000) - 10_000_000;
}

/** The timers of this process, which know of such limits from the first of them on. */
function installed(): Waits {
  const { setTimeout: timer } = globalThis as { setTimeout: typeof setTimeout & { waits?: Waits } };
  if (timer.waits !== undefined) return timer.waits;
  const waits: Waits = new Map();
  const once = (arrived: () => number, run: () => void): NodeJS.Timeout => {
    const before = arrived();
    const each = setInterval(() => {
      if (arrived() === before) return;
      clearInterval(each);
      run();
    }, 1);
    return each;
  };
  const setTimer = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const arrived = waits.get(ms ?? 0);
    return arrived === undefined ? timer(run, ms, ...args) : once(arrived, () => run(...args));
  };
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => {
    const arrived = waits.get(ms);
    if (arrived === undefined) return timeout.call(AbortSignal, ms);
    const controller = new AbortController();
    once(arrived, () => controller.abort(new DOMException("the time is up", "TimeoutError")));
    return controller.signal;
  };
  // What else is known of `setTimeout`, such as how promisify takes it.
  globalThis.setTimeout = Object.defineProperties(setTimer, {
    ...Object.getOwnPropertyDescriptors(timer),
    waits: { value: waits },
  }) as typeof setTimeout;
  return waits;
}
