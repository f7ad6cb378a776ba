import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LLMock } from "@copilotkit/aimock";
import type { ProviderRequest, Reply, Script } from "./mock-reply.ts";
import { writeReply } from "./openai-wire.ts";

/** A provider on a local port that speaks OpenAI's wire format and answers as it is told to. */
export interface MockProvider {
  /** The base URL to give to a client, such as `http://127.0.0.1:4010/v1`. */
  readonly url: string;
  /** Every request that arrived, in order. */
  readonly requests: readonly ProviderRequest[];
  /** Replaces the script and forgets the requests so far. */
  play(script: Script): void;
  /** How many requests arrived, of one path or model if given. */
  count(of?: { readonly path?: string; readonly model?: string }): number;
  /** How many responses are being written at this moment. */
  readonly open: number;
  stop(): Promise<void>;
}

/** Starts a mock provider on a free local port. Without a script it answers `ok` to everything. */
export async function startMockProvider(script: Script = () => ({})): Promise<MockProvider> {
  const requests: ProviderRequest[] = [];
  const open = new Set<ServerResponse>();
  let current = script;

  const server = new LLMock({ port: 0 });
  server.mount("/v1", {
    async handleRequest(incoming, response, path) {
      open.add(response);
      response.on("close", () => open.delete(response));
      const request = await readRequest(incoming, path, requests.length);
      requests.push(request);
      await answer(request, current(request), response);
      return true;
    },
  });
  await server.start();

  return {
    url: `${server.url}/v1`,
    requests,
    play(next) {
      current = next;
      requests.length = 0;
    },
    count: (of = {}) =>
      requests.filter(
        ({ path, model }) =>
          (of.path === undefined || of.path === path) && (of.model === undefined || of.model === model),
      ).length,
    get open() {
      return open.size;
    },
    async stop() {
      for (const response of open) response.destroy();
      await server.stop();
    },
  };
}

async function readRequest(incoming: IncomingMessage, path: string, index: number): Promise<ProviderRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const { headers } = incoming;
  if (headers["content-type"]?.startsWith("multipart/form-data")) {
    const [, model = ""] = /name="model"\r\n\r\n(.*?)\r\n/.exec(text) ?? [];
    return { index, path, model, body: {}, headers };
  }
  const body = JSON.parse(text) as Record<string, unknown>;
  return { index, path, model: String(body.model), body, headers };
}

async function answer(request: ProviderRequest, reply: Reply, response: ServerResponse): Promise<void> {
  if (reply.status !== undefined && reply.status >= 400) {
    // The shortest wait that clients accept, so that their retries cost no time.
    response.writeHead(reply.status, { "content-type": "application/json", "retry-after-ms": "1" });
    response.end(JSON.stringify({ error: { message: `mock error ${reply.status}`, type: "mock_error" } }));
    return;
  }
  const wire = writeReply(request, reply);
  if (!("events" in wire)) {
    if (reply.ending === "silent") return;
    if (reply.ending === "cut") {
      response.destroy();
      return;
    }
    const isJson = "json" in wire;
    response.writeHead(200, { "content-type": isJson ? "application/json" : "audio/mpeg" });
    response.end(isJson ? JSON.stringify(wire.json) : wire.bytes);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const whole = reply.ending === undefined || reply.ending === "complete";
  const events = whole ? wire.events : wire.events.slice(0, Math.ceil(wire.events.length / 2));
  for (const event of events) {
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (reply.paceMs !== undefined) await sleep(reply.paceMs);
  }
  if (reply.ending === "silent") return;
  if (reply.ending === "cut") {
    // What is written must leave first, or the reader would see nothing of it.
    await sleep(1);
    response.destroy();
    return;
  }
  if (wire.done) response.write("data: [DONE]\n\n");
  response.end();
}
