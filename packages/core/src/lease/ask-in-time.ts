import type { Awaitable } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { StorageFailed } from "../errors.ts";

/**
 * Asks the shared ledger, and waits for its answer, but not for ever: what many callers wait for together must not
 * hang because of one answer that never comes.
 *
 * Rejects with StorageFailed when the time is up; `late` is called when an answer comes after that, so that what it did
 * can be undone.
 */
export type AskInTime = <T>(ask: () => Awaitable<T>, late?: () => void) => Promise<T>;

/** Longer than a ledger takes to say itself that it cannot answer. */
const answerMs = 10_000;

/** Makes an {@link AskInTime} that waits for 10 seconds. */
export function askInTime(clock: Clock): AskInTime {
  return async (ask, late) => {
    let isOver = false;
    let timer: unknown = null;
    const timeUp = new Promise<never>((_, reject) => {
      timer = clock.setTimer(() => {
        isOver = true;
        reject(new StorageFailed(`the shared ledger did not answer within ${answerMs} ms`));
      }, answerMs);
    });
    const answer = Promise.resolve().then(ask);
    answer.then(
      () => isOver && late?.(),
      () => undefined,
    );
    try {
      return await Promise.race([answer, timeUp]);
    } finally {
      clock.clearTimer(timer);
    }
  };
}
