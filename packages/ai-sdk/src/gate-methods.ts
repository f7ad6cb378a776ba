import { type ActionKind, type Gate, guard, type Run } from "@tollgate/core";
import {
  isUnbilledCall,
  type ModelCall,
  type NamedModel,
  takeSubject,
  toModelAction,
  withFinalRefusals,
} from "@tollgate/core/adapter";
import type { CallBounds } from "./call-bounds.ts";

/** The kinds of models for which the AI SDK has no middleware. */
export type UnwrappedKind = Extract<ActionKind, "speech" | "transcription" | "rerank" | "video">;

/** Which methods of a model make its provider work, and which are free, such as asking how far a job is. */
const methods: Readonly<
  Record<UnwrappedKind, { readonly paid: readonly string[]; readonly free: readonly string[] }>
> = {
  speech: { paid: ["doGenerate"], free: [] },
  transcription: { paid: ["doGenerate", "doGenerateFromUrl"], free: [] },
  rerank: { paid: ["doRerank"], free: [] },
  video: { paid: ["doGenerate", "doStart"], free: ["doStatus"] },
};

/**
 * A model whose paid methods call its provider only as far as the gate lets them.
 *
 * None of these kinds reports usage, so what is booked is what was reserved: a price per call, or `bounds`.
 * Any other `do...` method (streaming speech, live transcription) throws rather than pass by the gate.
 */
export function gateMethods<Model extends NamedModel & object>(
  model: Model,
  kind: UnwrappedKind,
  gateOrRun: Gate | Run,
  bounds: (call: ModelCall) => CallBounds | undefined,
): Model {
  const { paid, free } = methods[kind];
  return new Proxy(model, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (typeof name === "string" && paid.includes(name)) {
        return (options: ModelCall) =>
          withFinalRefusals(async () => {
            options.abortSignal?.throwIfAborted();
            const { call, ...who } = takeSubject(options);
            const action = { ...toModelAction(kind, target, call), ...bounds(call) };
            return await guard(gateOrRun, action, () => member.call(target, call), {
              ...who,
              unbilled: isUnbilledCall,
            });
          });
      }
      if (typeof name === "string" && name.startsWith("do") && !free.includes(name)) {
        return () => {
          throw new TypeError(
            `${target.provider} "${target.modelId}": ${name} cannot be gated, so it is not called. Use the ungated model for it if you mean to.`,
          );
        };
      }
      return member.bind(target);
    },
  });
}
