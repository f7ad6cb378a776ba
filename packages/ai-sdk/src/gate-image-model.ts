import type { ImageModelV2, ImageModelV3, ImageModelV4, ImageModelV4CallOptions } from "@ai-sdk/provider";
import { type Gate, guard, type Run } from "@tollgate/core";
import { isUnbilledCall, takeSubject, toModelAction, withFinalRefusals } from "@tollgate/core/adapter";
import { wrapImageModel } from "ai";
import type { CallBounds } from "./call-bounds.ts";
import { imageUsage } from "./usage.ts";

/** How an image model is gated. */
export interface GateImageModelOptions {
  /** The most that one call can use up, where the gate's prices do not tell: `({ n }) => ({ amounts: ... })`. */
  readonly bounds?: (call: ImageModelV4CallOptions) => CallBounds;
}

/**
 * An image model that calls its provider only as far as the gate lets it.
 *
 * Each call of a `generateImage` that is split is one action. See {@link gateModel} for refusals and subjects.
 */
export function gateImageModel(
  model: ImageModelV2 | ImageModelV3 | ImageModelV4,
  gateOrRun: Gate | Run,
  options: GateImageModelOptions = {},
): ImageModelV4 {
  return wrapImageModel({
    model,
    middleware: {
      specificationVersion: "v4",
      wrapGenerate: ({ model: inner, params }) =>
        withFinalRefusals(async () => {
          params.abortSignal?.throwIfAborted();
          const { call, ...who } = takeSubject(params);
          const action = { ...toModelAction("image", inner, call), ...options.bounds?.(call) };
          return await guard(gateOrRun, action, () => inner.doGenerate(call), {
            ...who,
            unbilled: isUnbilledCall,
            usage: ({ usage }) => ({ usage: imageUsage(usage) }),
          });
        }),
    },
  });
}
