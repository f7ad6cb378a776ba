import { describe, expect, it } from "vitest";
import type { Usage } from "../action/usage.ts";
import type { Clock } from "../clock.ts";
import { guardStream } from "./guard-stream.ts";
import type { Permit, Used } from "./permit.ts";

type Part = { text?: string; usage?: Usage };

/** Counts what happens to a permit; ends once, like a real one. */
function watchedPermit() {
  const seen = { settled: [] as Used[], held: 0 };
  const permit = {
    hold() {
      seen.held += 1;
      let letGo = () => {
        seen.held -= 1;
        letGo = () => {};
      };
      return () => letGo();
    },
    async settle(used: Used) {
      seen.settled.push(used);
    },
  } as unknown as Permit;
  return { permit, seen };
}

/** A source that counts how far it was read and whether it was cancelled. */
function source(parts: readonly Part[], ending: "close" | "error" | "never" = "close") {
  const seen = { read: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream<Part>(
    {
      pull(controller) {
        const part = parts[seen.read];
        if (part !== undefined) {
          seen.read += 1;
          controller.enqueue(part);
        } else if (ending === "close") {
          controller.close();
        } else if (ending === "error") {
          controller.error(new Error("connection cut"));
        } else {
          return new Promise(() => {});
        }
      },
      cancel(reason) {
        seen.cancelled = reason ?? "cancelled";
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

/** A clock that stands still until told. */
function stoppedClock() {
  const timers = new Map<number, { at: number; callback: () => void }>();
  let now = 0;
  let next = 0;
  const clock: Clock = {
    now: () => now,
    setTimer(callback, delayMs) {
      next += 1;
      timers.set(next, { at: now + delayMs, callback });
      return next;
    },
    clearTimer(handle) {
      timers.delete(handle as number);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const [id, timer] of timers) {
      if (timer.at > now) continue;
      timers.delete(id);
      timer.callback();
    }
  };
  return { clock, advance, timers };
}

const usage = (part: Part) => part.usage;
const texts = (count: number): Part[] => Array.from({ length: count }, (_, index) => ({ text: `${index}` }));
const reported = { inputTokens: 10, outputTokens: 20 };
const turns = async (count = 50) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

async function readAll(stream: ReadableStream<Part>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe("guardStream", () => {
  it("hands on every part and books the last known usage once, before the end is told", async () => {
    const { permit, seen } = watchedPermit();
    const parts = [{ text: "a" }, { usage: { inputTokens: 1 } }, { usage: reported }, { text: "b" }];
    const guarded = guardStream(permit, source(parts).stream, { usage });
    expect(await readAll(guarded)).toEqual(parts);
    expect(seen.settled).toEqual([{ usage: reported }]);
    expect(seen.held).toBe(0);
  });

  it("books a stream that nobody reads with the usage that it reported", async () => {
    const { permit, seen } = watchedPermit();
    guardStream(permit, source([...texts(3), { usage: reported }]).stream, { usage });
    await turns();
    expect(seen.settled).toEqual([{ usage: reported }]);
    expect(seen.held).toBe(0);
  });

  it("books a stream that is read by half with the usage that it reported", async () => {
    const { permit, seen } = watchedPermit();
    const guarded = guardStream(permit, source([...texts(9), { usage: reported }]).stream, { usage });
    await guarded.getReader().read();
    await turns();
    expect(seen.settled).toEqual([{ usage: reported }]);
  });

  it("books an estimate when the source never told its usage", async () => {
    const { permit, seen } = watchedPermit();
    const estimate = (parts: number) => ({ outputTokens: parts });
    await readAll(guardStream(permit, source(texts(3)).stream, { usage, estimate }));
    expect(seen.settled).toEqual([{ usage: { outputTokens: 3 }, source: "estimated" }]);
  });

  it("books what was reserved when nothing at all is known", async () => {
    const { permit, seen } = watchedPermit();
    await readAll(guardStream(permit, source(texts(3)).stream, { usage }));
    expect(seen.settled).toEqual([{ usage: undefined, source: "estimated" }]);
  });

  it("books a cut connection and tells the reader", async () => {
    const { permit, seen } = watchedPermit();
    const guarded = guardStream(permit, source(texts(2), "error").stream, { usage });
    await expect(readAll(guarded)).rejects.toThrow("connection cut");
    expect(seen.settled).toHaveLength(1);
    expect(seen.settled[0]?.source).toBe("estimated");
    expect(seen.held).toBe(0);
  });

  it("keeps a usage that came before the cut", async () => {
    const { permit, seen } = watchedPermit();
    const guarded = guardStream(permit, source([{ usage: reported }], "error").stream, { usage });
    await expect(readAll(guarded)).rejects.toThrow("connection cut");
    expect(seen.settled).toEqual([{ usage: reported }]);
  });

  it("books a cancelled stream once and passes the cancel on to its source", async () => {
    const { permit, seen } = watchedPermit();
    const { stream, seen: upstream } = source(texts(2), "never");
    const reader = guardStream(permit, stream, { usage }).getReader();
    await reader.read();
    await reader.cancel("enough");
    await turns();
    expect(upstream.cancelled).toBe("enough");
    expect(seen.settled).toEqual([{ usage: undefined, source: "estimated" }]);
    expect(seen.held).toBe(0);
  });

  it("books a cancelled stream also when its source refuses to be cancelled", async () => {
    const { permit, seen } = watchedPermit();
    const stream = new ReadableStream<Part>({
      cancel() {
        throw new Error("no");
      },
    });
    await guardStream(permit, stream, { usage }).cancel();
    expect(seen.settled).toHaveLength(1);
  });

  it("keeps the reservation alive for as long as the source is silent", async () => {
    const { permit, seen } = watchedPermit();
    guardStream(permit, source([], "never").stream, { usage });
    await turns();
    expect(seen).toEqual({ settled: [], held: 1 });
  });

  it("reads no further ahead than the bound in parts", async () => {
    const { permit } = watchedPermit();
    const { stream, seen } = source(texts(100));
    const reader = guardStream(permit, stream, { usage, maxBuffered: 4 }).getReader();
    await turns();
    expect(seen.read).toBe(4);
    await reader.read();
    await turns();
    expect(seen.read).toBe(5);
  });

  it("reads no further ahead than the bound in bytes", async () => {
    const { permit } = watchedPermit();
    const { stream, seen } = source(texts(100));
    guardStream(permit, stream, { usage, bytes: () => 512, maxBufferedBytes: 1024 });
    await turns();
    expect(seen.read).toBe(2);
  });

  it("books a full buffer that nobody reads after a while, and lets a late reader have all of it", async () => {
    const { permit, seen } = watchedPermit();
    const { clock, advance } = stoppedClock();
    const parts = [...texts(10), { usage: reported }];
    const guarded = guardStream(permit, source(parts).stream, {
      usage,
      maxBuffered: 4,
      stallMs: 1000,
      clock,
    });
    await turns();
    advance(999);
    await turns();
    expect(seen).toEqual({ settled: [], held: 1 });
    advance(1);
    await turns();
    expect(seen.settled).toEqual([{ usage: undefined, source: "estimated" }]);
    expect(seen.held).toBe(0);
    expect(await readAll(guarded)).toEqual(parts);
    expect(seen.settled).toHaveLength(1);
  });

  it("does not take a slow reader for none", async () => {
    const { permit, seen } = watchedPermit();
    const { clock, advance, timers } = stoppedClock();
    const parts = [...texts(8), { usage: reported }];
    const { stream } = source(parts);
    const reader = guardStream(permit, stream, { usage, maxBuffered: 4, stallMs: 1000, clock }).getReader();
    for (let index = 0; index < parts.length; index++) {
      await turns();
      advance(900);
      await reader.read();
    }
    await turns();
    expect(seen.settled).toEqual([{ usage: reported }]);
    expect(timers.size).toBe(0);
  });

  it("does not withhold what was paid for when the booking fails", async () => {
    const { permit } = watchedPermit();
    permit.settle = () => Promise.reject(new Error("the ledger is away"));
    expect(await readAll(guardStream(permit, source(texts(2)).stream, { usage }))).toEqual(texts(2));
  });

  it("books what was reserved when the estimate itself fails", async () => {
    const { permit, seen } = watchedPermit();
    const estimate = () => {
      throw new Error("cannot tell");
    };
    await readAll(guardStream(permit, source(texts(2)).stream, { usage, estimate }));
    expect(seen.settled).toEqual([{ usage: undefined, source: "estimated" }]);
  });

  it("ends the permit when a part cannot be understood, and stops the source", async () => {
    const { permit, seen } = watchedPermit();
    const { stream, seen: upstream } = source(texts(1), "never");
    const guarded = guardStream(permit, stream, {
      usage() {
        throw new Error("nonsense");
      },
    });
    await expect(readAll(guarded)).rejects.toThrow("nonsense");
    expect(seen.settled).toHaveLength(1);
    expect(upstream.cancelled).toBeInstanceOf(Error);
  });
});
