import { createServer } from "@copilotkit/aimock";

/** A server that speaks OpenAI's wire format. */
export interface MockOpenAI {
  /** What to give to a client as its base URL. */
  readonly url: string;
  /** How many requests have arrived since the last `reset`. */
  requests(): number;
  reset(): void;
  stop(): Promise<void>;
}

/** What it says that each call has used: at gpt-4o's prices $0.175 + $0.005 = $0.18. */
const usage = { input_tokens: 70_000, output_tokens: 500 };

/** Who offers tools is told to call `restart_service`, every time; who does not gets a short text. */
const replies: Parameters<typeof createServer>[0] = [
  {
    match: { predicate: ({ tools }) => tools !== undefined && tools.length > 0 },
    response: { toolCalls: [{ name: "restart_service", arguments: '{"service":"checkout"}' }], usage },
  },
  {
    match: {},
    response: {
      content:
        "Checkout began to fail at 06:00:07, when payment-2 lost its upstream. Every attempt since then has " +
        "waited for the same connection until its time was up. Restarting payment-2 would clear its pool.",
      usage,
    },
  },
];

/** Starts the server on a free local port. */
export async function startMockOpenAI(): Promise<MockOpenAI> {
  const { server, url } = await createServer(replies, {
    port: 0,
    // The time that a network and a model take, so that one can watch: before an answer, and in a stream.
    chaos: { latencyMs: 400 },
    latency: 15,
    chunkSize: 12,
  });
  let requests = 0;
  server.on("request", () => {
    requests += 1;
  });
  return {
    url: `${url}/v1`,
    requests: () => requests,
    reset() {
      requests = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Clients keep connections for later, which would keep this process for as long.
        server.closeAllConnections();
      }),
  };
}
