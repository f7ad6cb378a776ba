import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { StorageFailed } from "../errors.ts";

/** What a store is given to answer. */
export interface Deadline<T> {
  readonly clock: Clock;
  readonly ms: number;
  /** Who did not answer, for the error's message. */
  readonly who: string;
  /** Called with an answer that came after the deadline, so that what it did can be undone. */
  readonly late?: (answer: T) => void;
}

/**
 * Waits for a store's answer, but not for ever; an answer that is already there costs nothing.
 *
 * Rejects with StorageFailed when the time is up.
 */
export function withDeadline<T>(answer: Awaitable<T>, deadline: Deadline<T>): Awaitable<T> {
  if (!isPromiseLike(answer)) return answer;
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const timer = deadline.clock.setTimer(() => {
      over = true;
      reject(new StorageFailed(`${deadline.who} did not answer within ${deadline.ms} ms`));
    }, deadline.ms);
    answer.then(
      (value) => {
        if (over) {
          try {
            deadline.late?.(value);
          } catch {
            // Whoever was waiting has been told; nobody is left to tell.
          }
        } else {
          deadline.clock.clearTimer(timer);
          resolve(value);
        }
      },
      (error: unknown) => {
        deadline.clock.clearTimer(timer);
        reject(error);
      },
    );
  });
}
