import type { ChatGenerationChunk } from "@langchain/core/outputs";
import type { Permit, Usage } from "@tollgate/core";
import { guardStream } from "@tollgate/core/adapter";
import { messageUsage } from "./usage.ts";

/** A part of a gated stream: a chunk, or null at the end that was reached. */
interface ChunkPart {
  readonly chunk: ChatGenerationChunk | null;
  readonly usage?: Usage | undefined;
}

/** What {@link guardChunks} answers. */
export type ChunkStream = ReadableStream<ChunkPart>;

/**
 * The chunks of a permitted call, read on to their end and booked whatever their reader does.
 *
 * LangChain's chunks tell usage in parts to be added up, so it is known only when the stream has come to its
 * end. `open` gets a signal that also ends the request when the reader leaves.
 */
export async function guardChunks(
  permit: Permit,
  signal: AbortSignal | undefined,
  open: (signal: AbortSignal) => AsyncIterable<ChatGenerationChunk>,
): Promise<ChunkStream> {
  const left = new AbortController();
  const chunks = open(signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]));
  const parts = toParts(chunks);
  // The request is made for the first chunk: what fails here is still the opening's to judge.
  let first: IteratorResult<ChunkPart> | null = await parts.next();
  const source = new ReadableStream<ChunkPart>({
    async pull(controller) {
      const { done, value } = first ?? (await parts.next());
      first = null;
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      // Not `parts.return()`, which would wait for the very answer that nobody wants any more.
      left.abort(reason);
    },
  });
  return guardStream(permit, source, {
    usage: ({ usage }) => usage,
    bytes: ({ chunk }) => chunk?.text.length ?? 0,
  });
}

async function* toParts(chunks: AsyncIterable<ChatGenerationChunk>): AsyncGenerator<ChunkPart> {
  let usage: Usage | undefined;
  for await (const chunk of chunks) {
    usage = add(usage, messageUsage(chunk.message));
    yield { chunk };
  }
  yield { chunk: null, usage };
}

function add(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
