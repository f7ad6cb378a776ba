import type { StreamEvent } from "@openai/agents";
import type { Permit } from "@tollgate/core";
import { guardStream } from "@tollgate/core/adapter";
import { type DoneResponse, withReceipt } from "./answers.ts";
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
  let answer: DoneResponse | undefined;
  const source = new ReadableStream<StreamEvent>({
    async pull(controller) {
      const { done, value } = first ?? (await events.next());
      first = null;
      if (done === true) return controller.close();
      if (value.type !== "response_done") return controller.enqueue(value);
      answer = withReceipt(value.response, permit.id);
      controller.enqueue({ ...value, response: answer });
    },
    cancel(reason) {
      left.abort(reason);
      // Not awaited: it may wait for the very answer that nobody wants any more.
      events.return?.().catch(() => undefined);
    },
  });
  const both: Pick<Permit, "hold" | "settle"> = {
    hold: () => permit.hold(),
    settle: (used) => permit.settle(used).finally(() => hosted.end(answer?.output)),
  };
  return guardStream(both, source, {
    usage: (event) => (event.type === "response_done" ? toUsage(event.response.usage) : undefined),
    bytes: (event) => (event.type === "output_text_delta" ? event.delta.length : 0),
  });
}
