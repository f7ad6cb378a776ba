import type { Usage } from "../action/usage.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Permit } from "./permit.ts";

/** How the stream of a permitted call is read, booked and bounded. */
export interface GuardStreamOptions<T> {
  /**
   * The usage that a part tells, if any; asked of every part, and the last answer counts.
   *
   * Answer undefined for counts that may still grow, for a stream can be cut after any part.
   */
  usage(part: T): Usage | undefined;
  /**
   * What was used when no part told it, after `parts` parts were seen.
   *
   * @default what was reserved
   */
  estimate?(parts: number): Usage | undefined;
  /** How many parts may be read ahead of the reader before the source has to wait. @default 4096 */
  readonly maxBuffered?: number;
  /** The size of a part in bytes, where that is cheap to tell. @default 0 for every part */
  bytes?(part: T): number;
  /** How many bytes may be read ahead of the reader; counts only with `bytes`. @default 16 MiB */
  readonly maxBufferedBytes?: number;
  /**
   * How long a full buffer may wait for a reader, in milliseconds, until the call is booked as estimated
   * and nothing is held for it any longer.
   *
   * @default 60_000
   */
  readonly stallMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/**
 * Hands on the stream of a permitted call and ends the permit exactly once, whatever becomes of the stream.
 *
 * The source is read at once and without a reader, up to a bound: a stream that is read by half, or never,
 * still comes to its end and is booked with the usage that its provider reported. Finish, error and cancel
 * settle; a full buffer that nobody reads settles as estimated after `stallMs`, and stays readable. While it
 * runs a heartbeat keeps the reservation. A cancel reaches the source, so that the provider can stop.
 */
export function guardStream<T>(
  permit: Pick<Permit, "hold" | "settle">,
  source: ReadableStream<T>,
  options: GuardStreamOptions<T>,
): ReadableStream<T> {
  const clock = options.clock ?? systemClock;
  const maxParts = options.maxBuffered ?? 4096;
  const maxBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
  const reader = source.getReader();
  const letGo = permit.hold();
  let parts = 0;
  let known: Usage | undefined;
  let cancelled = false;
  let settling: Promise<void> | null = null;
  let wake: (() => void) | null = null;

  const settle = (): Promise<void> => {
    settling ??= book();
    return settling;
  };

  const book = async (): Promise<void> => {
    letGo();
    try {
      if (known !== undefined) await permit.settle({ usage: known });
      else await permit.settle({ usage: estimate(), source: "estimated" });
    } catch {
      // The gate reports a booking that failed and tries it again; what is paid for is not withheld.
    }
  };

  const estimate = (): Usage | undefined => {
    try {
      return options.estimate?.(parts);
    } catch {
      return undefined;
    }
  };

  /** Waits until the reader has made room, or has cancelled. */
  const room = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = clock.setTimer(settle, options.stallMs ?? 60_000);
      wake = () => {
        wake = null;
        clock.clearTimer(timer);
        resolve();
      };
    });

  const pump = async (controller: ReadableStreamDefaultController<T>): Promise<void> => {
    try {
      for (;;) {
        if ((controller.desiredSize ?? 0) <= 0) await room();
        if (cancelled) return;
        const { done, value } = await reader.read();
        if (cancelled) return;
        if (done) break;
        parts += 1;
        known = options.usage(value) ?? known;
        controller.enqueue(value);
      }
      // Before the end is told, so that whoever has read all of it finds the books right.
      await settle();
      if (!cancelled) controller.close();
    } catch (error) {
      await settle();
      // Where the source itself is sound, and a part of it could not be understood, it must not go on.
      reader.cancel(error).catch(ignore);
      if (!cancelled) controller.error(error);
    }
  };

  return new ReadableStream<T>(
    {
      start(controller) {
        pump(controller).catch(ignore);
      },
      pull() {
        wake?.();
      },
      async cancel(reason) {
        cancelled = true;
        wake?.();
        await Promise.allSettled([settle(), reader.cancel(reason)]);
      },
    },
    {
      // Full is when either bound is reached: each part takes the larger of its two shares.
      highWaterMark: 1,
      size: (part) => Math.max(1 / maxParts, (options.bytes?.(part) ?? 0) / maxBytes),
    },
  );
}

/** For failures that somebody else is told of, or that nobody can be told of any more. */
function ignore(): void {}
