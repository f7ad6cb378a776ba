import type { ActionInput, PatchField } from "../action/action.ts";
import type { Subject } from "../action/subject.ts";
import { degradeFailed } from "../gate/degrade-failed.ts";
import type { Gate } from "../gate/gate.ts";
import { guard } from "../gate/guard.ts";
import { guardOpen } from "../gate/guard-open.ts";
import { guardStream } from "../gate/guard-stream.ts";
import type { Permit } from "../gate/permit.ts";
import type { Run } from "../gate/run.ts";
import { takeSubject } from "./call-subject.ts";
import { enforceCall } from "./enforce-call.ts";
import { withFinalRefusals } from "./final-refusal.ts";
import type {
  LanguageCall,
  LanguageModel,
  LanguagePart,
  LanguageResult,
  LanguageStream,
} from "./language-model.ts";
import { languageUsage } from "./language-usage.ts";
import { toLanguageAction } from "./model-action.ts";
import { OfferedTools } from "./offered-tools.ts";
import { syntheticResult, syntheticStream } from "./synthetic-answer.ts";
import { isUnbilledCall } from "./unbilled-call.ts";

/** How language models are gated. */
export interface LanguageModelGateOptions<Model> {
  /**
   * Finds the ungated model that a degrade asks for, by its id; `provider` is set when the degrade names one.
   *
   * @default none: a degrade to another model denies
   */
  readonly models?: ((modelId: string, provider: string | undefined) => Model | undefined) | undefined;
}

/**
 * The whole gated life of one attempt at a language model of the AI SDK's shape: decided, reserved, receipted,
 * called as enforced, and booked in whatever way it ends.
 *
 * The provider tools that a call offers are decided each on its own, and not offered where they are refused.
 * A skipped call answers the rule's result as if the model had said it. Refusals are marked as final, so that
 * they are not retried. The subject of one call is taken from `providerOptions.tollgate`.
 */
export class LanguageModelGate<
  Call extends LanguageCall,
  Result extends LanguageResult,
  Streamed extends LanguageStream,
> {
  readonly #gateOrRun: Gate | Run;
  readonly #models: LanguageModelGateOptions<LanguageModel<Call, Result, Streamed>>["models"];
  readonly #accepts: readonly PatchField[];

  constructor(
    gateOrRun: Gate | Run,
    { models }: LanguageModelGateOptions<LanguageModel<Call, Result, Streamed>> = {},
  ) {
    this.#gateOrRun = gateOrRun;
    this.#models = models;
    this.#accepts =
      models === undefined
        ? ["params", "maxOutputTokens"]
        : ["params", "maxOutputTokens", "model", "provider"];
  }

  /**
   * Calls `model` as far as the gate lets it.
   *
   * @throws ActionDenied, ApprovalRequired, GateUnavailable; nothing was called then
   */
  generate(model: LanguageModel<Call, Result, Streamed>, call: Call): Promise<Result> {
    return withFinalRefusals(async () => {
      const { action, tools, options, enforce } = await this.#prepare(model, call);
      try {
        const result = await guard(
          this.#gateOrRun,
          action,
          (permit) => {
            const { target, call } = enforce(permit);
            return target.doGenerate(call);
          },
          {
            ...options,
            usage: ({ usage }) => ({ usage: languageUsage(usage) }),
            skipped: (decision) => syntheticResult(model.specificationVersion, decision) as Result,
          },
        );
        for (const part of result.content) tools.saw(part);
        await tools.end("answered");
        return result;
      } catch (error) {
        await tools.end(isUnbilledCall(error) ? "unbilled" : "broken");
        throw error;
      }
    });
  }

  /**
   * Opens `model`'s stream as far as the gate lets it; see `guardStream` for how it is booked.
   *
   * @throws ActionDenied, ApprovalRequired, GateUnavailable; nothing was called then
   */
  stream(model: LanguageModel<Call, Result, Streamed>, call: Call): Promise<Streamed> {
    return withFinalRefusals(async () => {
      const { action, tools, options, enforce } = await this.#prepare(model, call);
      try {
        const open = async (permit: Permit): Promise<Streamed> => {
          const { target, call } = enforce(permit);
          const result = await target.doStream(call);
          const both: Pick<Permit, "hold" | "settle"> = {
            hold: () => permit.hold(),
            settle: (used) => permit.settle(used).finally(() => tools.end()),
          };
          const stream = guardStream<LanguagePart>(both, result.stream, {
            usage(part) {
              tools.saw(part);
              return part.type === "finish" ? languageUsage(part.usage) : undefined;
            },
            bytes: ({ delta }) => (typeof delta === "string" ? delta.length : 0),
          });
          return { ...result, stream };
        };
        return await guardOpen(this.#gateOrRun, action, open, {
          ...options,
          skipped: async (decision) => {
            await tools.end("unbilled");
            return syntheticStream(model.specificationVersion, decision) as Streamed;
          },
        });
      } catch (error) {
        await tools.end(isUnbilledCall(error) ? "unbilled" : "broken");
        throw error;
      }
    });
  }

  async #prepare(
    model: LanguageModel<Call, Result, Streamed>,
    given: Call,
  ): Promise<Attempt<Call, Result, Streamed>> {
    // What is aborted before it went out has nothing to be decided.
    given.abortSignal?.throwIfAborted();
    const { call, ...who } = takeSubject(given);
    const tools = await OfferedTools.decide(this.#gateOrRun, call, who);
    const action = toLanguageAction(model, tools.call);
    return {
      action,
      tools,
      options: { ...who, accepts: this.#accepts, unbilled: isUnbilledCall },
      enforce: (permit) => ({
        target: this.#enforceModel(model, permit, action),
        call: enforceCall(permit, action, tools.call),
      }),
    };
  }

  /** The model that a permit is for; a degrade may have chosen another. */
  #enforceModel(
    model: LanguageModel<Call, Result, Streamed>,
    permit: Permit,
    asked: ActionInput,
  ): LanguageModel<Call, Result, Streamed> {
    const { name, provider } = permit.action;
    if (name === asked.name && provider === asked.provider) return model;
    const found = this.#models?.(name, provider === asked.provider ? undefined : provider);
    if (found !== undefined && found.modelId === name) return found;
    const got = found === undefined ? "nothing" : `"${found.modelId}"`;
    throw degradeFailed(permit, `a degrade asks for model "${name}", but options.models answered ${got}`);
  }
}

/** One attempt at a model call, before it is decided. */
interface Attempt<Call extends LanguageCall, Result extends LanguageResult, Streamed extends LanguageStream> {
  readonly action: ActionInput;
  readonly tools: OfferedTools<Call>;
  readonly options: {
    readonly subject?: Subject;
    readonly accepts: readonly PatchField[];
    readonly unbilled: (error: unknown) => boolean;
  };
  /** What to call, and with what, once it is permitted. */
  enforce(permit: Permit): { readonly target: LanguageModel<Call, Result, Streamed>; readonly call: Call };
}
