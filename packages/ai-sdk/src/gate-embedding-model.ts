import type { EmbeddingModelV3, EmbeddingModelV4 } from "@ai-sdk/provider";
import { type Gate, guard, type Run } from "@tollgate/core";
import { isUnbilledCall, takeSubject, toModelAction, withFinalRefusals } from "@tollgate/core/adapter";
import { wrapEmbeddingModel } from "ai";
import { embeddingUsage } from "./usage.ts";

/**
 * An embedding model that calls its provider only as far as the gate lets it.
 *
 * Each chunk of an `embedMany` is one action. See {@link gateModel} for refusals and subjects.
 */
export function gateEmbeddingModel(
  model: EmbeddingModelV3 | EmbeddingModelV4,
  gateOrRun: Gate | Run,
): EmbeddingModelV4 {
  return wrapEmbeddingModel({
    model,
    middleware: {
      specificationVersion: "v4",
      wrapEmbed: ({ model: inner, params }) =>
        withFinalRefusals(async () => {
          params.abortSignal?.throwIfAborted();
          const { call, ...who } = takeSubject(params);
          return await guard(gateOrRun, toModelAction("embedding", inner, call), () => inner.doEmbed(call), {
            ...who,
            unbilled: isUnbilledCall,
            usage: ({ usage }) => ({ usage: embeddingUsage(usage) }),
          });
        }),
    },
  });
}
