import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { type ActionInput, type Gate, guard, type Run, type Used } from "@tollgate/core";
import { asFinal } from "./to-denial.ts";
import { isUnbilled } from "./unbilled.ts";

/** How embeddings are gated. */
export interface GateEmbeddingsOptions {
  /** Whose model it is, to find its price. @default told by the prices alone */
  readonly provider?: string;
}

/** The one method through which OpenAI's embeddings, and those derived from them, make each request. */
type Request = (request: { readonly model?: unknown }) => Promise<unknown>;

/**
 * The same embeddings, which call their provider only as far as the gate lets them.
 *
 * With OpenAI's client each request is one action, booked with the usage in its response. LangChain's interface
 * tells no usage, so with any other client each chunk of `batchSize` texts is one action, booked as estimated.
 * Embeddings run no callbacks: a callback alone cannot stop them.
 */
export function gateEmbeddings<Gated extends EmbeddingsInterface>(
  embeddings: Gated,
  gateOrRun: Gate | Run,
  options: GateEmbeddingsOptions = {},
): Gated {
  const gate = <T>(
    params: object,
    name: unknown,
    send: () => Promise<T>,
    usage?: (result: T) => Used,
  ): Promise<T> => {
    const { provider } = options;
    const action: ActionInput = {
      kind: "embedding",
      name: typeof name === "string" ? name : modelOf(embeddings),
      ...(provider === undefined ? {} : { provider }),
      params,
    };
    const guarding = { unbilled: isUnbilled, ...(usage === undefined ? {} : { usage }) };
    return guard(gateOrRun, action, send, guarding).catch((error: unknown) => {
      throw asFinal(error);
    });
  };

  const gated: Gated = Object.create(embeddings);
  const override = (name: string, value: unknown) =>
    Object.defineProperty(gated, name, { value, enumerable: true, configurable: true });

  const request = Reflect.get(embeddings as object, "embeddingWithRetry") as Request | undefined;
  if (typeof request === "function") {
    override("embeddingWithRetry", (params: { readonly model?: unknown }) =>
      gate(params, params.model, () => Reflect.apply(request, embeddings, [params]), requestUsage),
    );
    return gated;
  }
  override("embedQuery", (text: string) => gate({ input: text }, null, () => embeddings.embedQuery(text)));
  override("embedDocuments", async (texts: string[]) => {
    const chunks = chunksOf(texts, Reflect.get(embeddings, "batchSize"));
    const vectors = chunks.map((chunk) =>
      gate({ input: chunk }, null, () => embeddings.embedDocuments(chunk)),
    );
    return (await Promise.all(vectors)).flat();
  });
  return gated;
}

function requestUsage(response: unknown): Used {
  const { usage } = response as { usage?: { prompt_tokens?: unknown } };
  const inputTokens = usage?.prompt_tokens;
  return typeof inputTokens === "number" ? { usage: { inputTokens } } : {};
}

function modelOf(embeddings: object): string {
  const named = [Reflect.get(embeddings, "model"), Reflect.get(embeddings, "modelName")];
  return named.find((name): name is string => typeof name === "string") ?? "unknown";
}

function chunksOf(texts: string[], size: unknown): string[][] {
  const step = typeof size === "number" && size > 0 ? size : texts.length;
  const chunks: string[][] = [];
  for (let at = 0; at < texts.length; at += step) chunks.push(texts.slice(at, at + step));
  return chunks;
}
