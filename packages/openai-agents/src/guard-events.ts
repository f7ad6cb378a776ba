import type { StreamEvent } from "@openai/agents";
import type { Permit } from "@tollgate/core";
import { guardStream } from "@tollgate/core/adapter";
import { remember } from "./answered.ts";
import type { HostedTools } from "./hosted-tools.ts";
import { toUsage } from "./usage.ts";

/**
 * The events of a permitted call, read on to their end and booked whatever their reader does, together with the
 * hosted tools that it offered.
 *
 * `open` gets a signal that also ends the request when the reader leaves.
 */
export async function guardEvents(
  permit: Permit,
  hosted: HostedTools,
  signal: AbortSignal | undefined,
  open: (signal: AbortSignal) => AsyncIterable<StreamEvent>,
): Promise<ReadableStream<StreamEvent>> {
  const left = new AbortController();
  const opened = open(signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]));
  const events = opened[Symbol.asyncIterator]();
  // The request is made for the first event: what fails here is still the opening's to judge.
  let first: IteratorResult<StreamEvent> | null = await events.next();
  let output: Parameters<HostedTools["end"]>[0];
  const source = new ReadableStream<StreamEvent>({
    async pull(controller) {
      const { done, value } = first ?? (await events.next());
      first = null;
      if (done === true) return controller.close();
      if (value.type === "response_done") {
        output = value.response.output;
        remember(permit.run.gate, value.response.id, permit.id);
      }
      controller.enqueue(value);
    },
    cancel(reason) {
      left.abort(reason);
      // Not awaited: it may wait for the very answer that nobody wants any more.
      events.return?.().catch(() => undefined);
    },
  });
  const both: Pick<Permit, "hold" | "settle"> = {
    hold: () => permit.hold(),
    settle: (used) => permit.settle(used).finally(() => hosted.end(output)),
  };
  return guardStream(both, source, {
    usage: (event) => (event.type === "response_done" ? toUsage(event.response.usage) : undefined),
    bytes: (event) => (event.type === "output_text_delta" ? event.delta.length : 0),
  });
}
