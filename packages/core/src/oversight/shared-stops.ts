import type { Awaitable } from "../awaitable.ts";
import type { Stops } from "../ledger/stops.ts";
import { RunLatches } from "./run-latches.ts";

/** What was stopped, why and when. */
export interface Stop {
  /** A run's id, or what `agentName` makes of an agent's name. */
  readonly name: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A stop that was made, or one that was lifted: without a reason. */
export interface StopChange extends Omit<Stop, "reason"> {
  readonly reason: string | null;
}

/** The changes after a cursor, and the cursor after them. */
export interface StopChanges {
  readonly stops: readonly StopChange[];
  readonly cursor: string;
}

/** Where the stops of several processes are kept. */
export interface StopStore {
  /** Keeps a stop, unless its name has one; answers whether it was kept. */
  add(stop: Stop): Awaitable<boolean>;
  /** Lifts the stop of a name; answers false when it has none. */
  lift(name: string, now: number): Awaitable<boolean>;
  /**
   * The last change of each name that has changed after those that came with `cursor`, in order, those of all names
   * for null, and the cursor after them.
   *
   * Whoever asks with each answer's cursor is told every change that was answered before the asking.
   */
  since(cursor: string | null): Awaitable<StopChanges>;
  close?(): Awaitable<void>;
}

/** Stops that several processes share. */
export interface SharedStops extends Stops {
  stop(name: string, reason: string, now: number): Promise<boolean>;
  /**
   * Lifts an agent's stop, for all who share it; every gate knows once {@link SharedStops.spread} resolves. Answers
   * false when there is none.
   */
  lift(name: string, now: number): Promise<boolean>;
  spread(): Promise<void>;
  /** All that is stopped, the oldest first, as the store has it. */
  list(): Promise<readonly Stop[]>;
  close(): Promise<void>;
}

/** How {@link SharedStops} are looked at. */
export interface SharedStopsOptions {
  /**
   * How old what a gate knows of others' stops may be when it decides, in milliseconds, alike for all who share them;
   * 0 looks before each decision.
   *
   * @default 1000
   */
  readonly withinMs?: number;
  /** Waits for so many milliseconds, as long as all others may not know of a stop. @default by the machine's clock */
  readonly pause?: (ms: number) => Promise<void>;
}

/**
 * Makes the stops of a gate from a store that it shares.
 *
 * No decision asks the store of itself: what is known is looked up anew beside the decisions once it is half as old as
 * `withinMs`, and a decision waits for that only where it is older than that, as the first one after a pause does.
 * While the store cannot be asked decisions go on for `withinMs`; after that they are denied.
 *
 * So what was stopped `withinMs` ago is known to all. `spread` waits for that long: with it a stop is acknowledged
 * when no other gate can begin to decide without it, as long as the clocks of the machines run evenly.
 */
export function sharedStops(store: StopStore, options: SharedStopsOptions = {}): SharedStops {
  return new StopsInStore(store, options);
}

class StopsInStore implements SharedStops {
  readonly #store: StopStore;
  readonly #withinMs: number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #known = new RunLatches();
  /** What was stopped here and the store may not have. */
  readonly #owed: Stop[] = [];
  /** What was stopped here, and whether the store has it, until a look has begun after it had. */
  readonly #own = new Map<string, boolean>();
  #cursor: string | null = null;
  /** When the latest look that was answered began. */
  #seenAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;

  constructor(store: StopStore, { withinMs = 1000, pause = pauseFor }: SharedStopsOptions) {
    this.#store = store;
    this.#withinMs = withinMs;
    this.#pause = pause;
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
    this.#known.stop(name, reason, now);
    this.#own.set(name, false);
    const stop = { name, reason, at: now };
    try {
      await this.#pay();
      // Also where it was known: it may have been lifted since.
      return await this.#add(stop);
    } catch (error) {
      if (!this.#owed.some((owed) => owed.name === name)) this.#owed.push(stop);
      throw error;
    }
  }

  async lift(name: string, now: number): Promise<boolean> {
    await this.#pay();
    // What is known here stays until a look tells: it may be a stop that was made since, and is not told twice.
    return this.#store.lift(name, now);
  }

  spread(): Promise<void> {
    // Times are whole milliseconds, and timers may be early by a part of one.
    return this.#pause(this.#withinMs + 2);
  }

  async list(): Promise<readonly Stop[]> {
    const { stops } = await this.#store.since(null);
    return stops.flatMap(({ reason, ...stop }) => (reason === null ? [] : [{ ...stop, reason }]));
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

  async #add(stop: Stop): Promise<boolean> {
    const isKept = await this.#store.add(stop);
    this.#own.set(stop.name, true);
    return isKept;
  }

  async #pay(): Promise<void> {
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      await this.#add(next);
      // Somebody else may have told the store of it meanwhile.
      if (this.#owed[0] === next) this.#owed.shift();
    }
  }

  async #ask(now: number): Promise<void> {
    await this.#pay();
    // Of these the answer is newer than what is known here; of others that were stopped here it may be older.
    const told = [...this.#own].flatMap(([name, isKept]) => (isKept ? [name] : []));
    const { stops, cursor } = await this.#store.since(this.#cursor);
    for (const name of told) this.#own.delete(name);
    // What is passed over is told again.
    if (!stops.some(({ name }) => this.#own.has(name))) this.#cursor = cursor;
    for (const { name, reason } of stops) {
      if (this.#own.has(name)) continue;
      this.#known.lift(name);
      // By this gate's clock: one that is ahead elsewhere makes nothing here look old.
      if (reason !== null) this.#known.stop(name, reason, now);
    }
    this.#seenAt = now;
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}
