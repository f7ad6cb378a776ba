import type { Awaitable } from "../awaitable.ts";
import { RunLatches } from "./run-latches.ts";
import type { Stops } from "./stops.ts";

/** What was stopped, why and when. */
export interface Stop {
  /** A run's id, or `agent ` and an agent's name. */
  readonly name: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Where the stops of several processes are kept. */
export interface StopStore {
  /** Keeps a stop, unless its name has one; answers whether it was kept. */
  add(stop: Stop): Awaitable<boolean>;
  /**
   * The stops that were kept after those that came with `cursor`, all of them for null, and the cursor after them.
   *
   * Whoever asks with each answer's cursor is told every stop whose `add` was answered before the asking.
   */
  since(cursor: string | null): Awaitable<{ readonly stops: readonly Stop[]; readonly cursor: string }>;
  close?(): Awaitable<void>;
}

/** How {@link Stops} in a store are looked at. */
export interface SharedStopsOptions {
  /**
   * How old what a gate knows of others' stops may be when it decides, in milliseconds; 0 looks before each decision.
   *
   * @default 1000
   */
  readonly withinMs?: number;
}

/**
 * Makes the stops of a gate from a store that it shares.
 *
 * No decision asks the store of itself: what is known is looked up anew beside the decisions once it is half as old as
 * `withinMs`, and a decision waits for that only where it is older than that, as the first one after a pause does.
 * While the store cannot be asked decisions go on for `withinMs`; after that they are denied.
 */
export function sharedStops(store: StopStore, { withinMs = 1000 }: SharedStopsOptions = {}): Stops {
  return new StopsInStore(store, withinMs);
}

class StopsInStore implements Stops {
  readonly #store: StopStore;
  readonly #withinMs: number;
  readonly #known = new RunLatches();
  /** What was stopped here and the store may not have. */
  readonly #owed: Stop[] = [];
  #cursor: string | null = null;
  /** When the latest look that was answered began. */
  #seenAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;

  constructor(store: StopStore, withinMs: number) {
    this.#store = store;
    this.#withinMs = withinMs;
  }

  refresh(now: number): Awaitable<void> {
    if (!this.#isWithin(this.#withinMs, now)) return this.#wait(now);
    if (!this.#isWithin(this.#withinMs / 2, now)) this.#look(now).catch(() => undefined);
    return undefined;
  }

  reason(name: string | undefined): string | null {
    return this.#known.reason(name);
  }

  async stop(name: string, reason: string, now: number): Promise<boolean> {
    // Here it holds from now on, whatever becomes of the store.
    if (this.#known.stop(name, reason, now)) {
      const stop = { name, reason, at: now };
      try {
        return await this.#store.add(stop);
      } catch (error) {
        this.#owed.push(stop);
        throw error;
      }
    }
    await this.#pay();
    return false;
  }

  async close(): Promise<void> {
    await this.#looking?.catch(() => undefined);
    await this.#store.close?.();
  }

  /** A clock that went back knows nothing of how old something is. */
  #isWithin(ms: number, now: number): boolean {
    return this.#seenAt <= now && this.#seenAt >= now - ms;
  }

  async #wait(now: number): Promise<void> {
    // A look that is under way may have begun too early.
    while (!this.#isWithin(this.#withinMs, now)) await this.#look(now);
  }

  #look(now: number): Promise<void> {
    this.#looking ??= Promise.resolve()
      .then(() => this.#ask(now))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #pay(): Promise<void> {
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      await this.#store.add(next);
      // Somebody else may have told the store of it meanwhile.
      if (this.#owed[0] === next) this.#owed.shift();
    }
  }

  async #ask(now: number): Promise<void> {
    await this.#pay();
    const { stops, cursor } = await this.#store.since(this.#cursor);
    this.#cursor = cursor;
    // By this gate's clock: one that is ahead elsewhere makes nothing here look old.
    for (const { name, reason } of stops) this.#known.stop(name, reason, now);
    this.#seenAt = now;
  }
}
