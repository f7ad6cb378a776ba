import type { Processor } from "@mastra/core/processors";
import { findDenial, type Gate, type RefusedError, type Run } from "@tollgate/core";
import { decideFor, denialPayload, resolveRun, toRefusal } from "@tollgate/core/adapter";
import { type GateModelOptions, gateModel } from "./gate-model.ts";
import { isGated } from "./gated-mark.ts";

/** What {@link gateProcessor} answers: for an agent's input processors and its error processors. */
export type GateProcessor = Processor<"tollgate"> &
  Required<Pick<Processor, "processInputStep" | "processAPIError">>;

/**
 * A processor that gates the model of each step, whatever it is: one given by name, one of a list of fallbacks,
 * one that another processor has chosen. Put it last into `inputProcessors`, and into `errorProcessors`, too.
 *
 * A stopped run, and a fallback after a refused model, end the agent with Mastra's tripwire, so that no other
 * model is tried; its `metadata` is the denial payload, in which `findDenial` finds the refusal.
 *
 * Mastra lets `inputProcessors` given for one call replace those of the agent; `gateAgent` does not.
 */
export function gateProcessor(gateOrRun: Gate | Run, options: GateModelOptions = {}): GateProcessor {
  /** What was refused of a generation, by its list of messages. */
  const refused = new WeakMap<object, RefusedError>();
  return {
    id: "tollgate",
    name: "Tollgate",
    async processInputStep({ model, messageList, abort }) {
      const before = refused.get(messageList);
      if (before !== undefined) return abort(before.message, { metadata: tripwireOf(before) });
      const run = resolveRun(gateOrRun);
      if (run.stopped !== null) {
        // A stopped run denies everything: this only asks for the denial and its receipt.
        const decision = await decideFor(run, { kind: "llm", name: model.modelId });
        const stopped = toRefusal(decision);
        return abort(stopped.message, { metadata: tripwireOf(stopped) });
      }
      return (await isGated(model, run.gate)) ? {} : { model: gateModel(model, gateOrRun, options) };
    },
    async processAPIError({ error, messageList }) {
      const denial = findDenial(error);
      if (denial !== null) refused.set(messageList, denial);
      return { retry: false };
    },
  };
}

/** The denial payload; the refusal itself is where `findDenial` looks, and not written as JSON. */
function tripwireOf(refusal: RefusedError): object {
  return Object.defineProperty(denialPayload(refusal), "cause", { value: refusal });
}
