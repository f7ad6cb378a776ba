import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { StorageFailed } from "../errors.ts";

/**
 * Waits for a store's answer, but not for ever; an answer that is already there costs nothing.
 *
 * Rejects with StorageFailed, naming `who`, when the time is up; `late` is called with an answer that comes after
 * that, so that what it did can be undone.
 */
export type InTime = <T>(who: string, answer: Awaitable<T>, late?: (answer: T) => void) => Awaitable<T>;

/** Makes an {@link InTime} that waits for so many milliseconds. */
export function deadlineOf(clock: Clock, ms: number): InTime {
  return <T>(who: string, answer: Awaitable<T>, late?: (answer: T) => void) => {
    if (!isPromiseLike(answer)) return answer;
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const timer = clock.setTimer(() => {
        over = true;
        reject(new StorageFailed(`${who} did not answer within ${ms} ms`));
      }, ms);
      answer.then(
        (value) => {
          if (over) {
            try {
              late?.(value);
            } catch {
              // Whoever was waiting has been told; nobody is left to tell.
            }
          } else {
            clock.clearTimer(timer);
            resolve(value);
          }
        },
        (error: unknown) => {
          clock.clearTimer(timer);
          reject(error);
        },
      );
    });
  };
}
