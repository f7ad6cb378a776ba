import {
  buildEmbeddingResponse,
  buildTextChunks,
  buildTextCompletion,
  buildTextStreamEvents,
  buildToolCallChunks,
  buildToolCallCompletion,
  buildToolCallStreamEvents,
  type ToolCall,
} from "@copilotkit/aimock";
import { type ProviderRequest, type Reply, type ReplyUsage, usualUsage } from "./mock-reply.ts";

/** A reply in OpenAI's wire format: one JSON body, or the events of a stream (`data` lines). */
export type WireReply =
  | { readonly json: object }
  | { readonly bytes: Uint8Array }
  | { readonly events: readonly object[]; readonly done: boolean };

const wordSize = 4;

/**
 * Writes a reply as the API at `request.path` would answer it.
 *
 * The shapes are those of aimock's builders; only the usage is written here, for theirs has no cached and no
 * reasoning tokens.
 */
export function writeReply(request: ProviderRequest, reply: Reply): WireReply {
  if (request.path === "/chat/completions") return chat(request, reply);
  if (request.path === "/responses") return responses(request, reply);
  if (request.path === "/embeddings") return { json: embeddings(request, reply) };
  if (request.path === "/images/generations") return { json: images(request, reply) };
  if (request.path === "/audio/speech") return { bytes: new Uint8Array([0xff, 0xfb, 0x90, 0x00]) };
  if (request.path === "/audio/transcriptions") return { json: { text: reply.text ?? "ok" } };
  return { json: reply.json ?? {} };
}

function chat({ model, body }: ProviderRequest, reply: Reply): WireReply {
  const calls = toolCalls(reply);
  const usage = chatUsage(reply);
  if (body.stream !== true) {
    const completion = calls
      ? buildToolCallCompletion(calls, model)
      : buildTextCompletion(reply.text ?? "ok", model);
    return { json: { ...completion, usage } };
  }
  const chunks = calls
    ? buildToolCallChunks(calls, model, wordSize)
    : buildTextChunks(reply.text ?? "ok", model, wordSize);
  const options = body.stream_options as { include_usage?: boolean } | undefined;
  const last = chunks.at(-1);
  const tellsUsage = usage !== null && options?.include_usage === true && last !== undefined;
  return { events: tellsUsage ? [...chunks, { ...last, choices: [], usage }] : chunks, done: true };
}

function responses({ model, body }: ProviderRequest, reply: Reply): WireReply {
  const calls = toolCalls(reply);
  const events = calls
    ? buildToolCallStreamEvents(calls, model, wordSize)
    : buildTextStreamEvents(reply.text ?? "ok", model, wordSize);
  const usage = responsesUsage(reply);
  const told = events.map((event) =>
    event.type === "response.completed"
      ? { ...event, response: { ...Object(event.response), usage } }
      : event,
  );
  if (body.stream === true) return { events: told, done: false };
  const completed = told.find((event) => event.type === "response.completed");
  return { json: (completed as { response: object } | undefined)?.response ?? {} };
}

function embeddings({ model, body }: ProviderRequest, reply: Reply): object {
  const input = Array.isArray(body.input) ? body.input : [body.input];
  const usage = reply.usage === undefined ? usualUsage : reply.usage;
  const answer = buildEmbeddingResponse(
    input.map(() => [0.25, 0.5, 0.75]),
    model,
    { prompt_tokens: usage?.inputTokens ?? 0, total_tokens: usage?.inputTokens ?? 0 },
  );
  return usage === null ? { ...answer, usage: undefined } : answer;
}

function images({ body }: ProviderRequest, reply: Reply): object {
  const count = typeof body.n === "number" ? body.n : 1;
  const usage = reply.usage === undefined ? usualUsage : reply.usage;
  return {
    created: 0,
    data: Array.from({ length: count }, () => ({ b64_json: "iVBORw0KGgo=" })),
    ...(usage === null ? {} : { usage: { ...responsesCounts(usage) } }),
  };
}

function toolCalls(reply: Reply): ToolCall[] | null {
  if (reply.toolCalls === undefined) return null;
  return reply.toolCalls.map((call) => ({
    id: call.id ?? "call_1",
    name: call.name,
    arguments: JSON.stringify(call.arguments),
  }));
}

function chatUsage(reply: Reply): object | null {
  const usage = reply.usage === undefined ? usualUsage : reply.usage;
  if (usage === null) return null;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

function responsesUsage(reply: Reply): object | null {
  const usage = reply.usage === undefined ? usualUsage : reply.usage;
  if (usage === null) return null;
  return {
    ...responsesCounts(usage),
    input_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

function responsesCounts(usage: ReplyUsage): object {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
