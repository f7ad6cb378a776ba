import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
  type LangSmithParams,
} from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { Runnable, RunnableRetry } from "@langchain/core/runnables";
import { type ActionInput, type Decision, type Gate, guard, type Permit, type Run } from "@tollgate/core";
import { guardOpen, resolveRun } from "@tollgate/core/adapter";
import { boundSettings, type Settings } from "./bound-settings.ts";
import { enforceCall, type GateModelOptions, type ModelCall } from "./enforce-call.ts";
import { GatedCall } from "./gated-call.ts";
import { type ChunkStream, guardChunks } from "./guard-chunks.ts";
import { regate } from "./regate.ts";
import { toChatAction } from "./to-action.ts";
import { asFinal, stopOnRefusal } from "./to-denial.ts";
import { isUnbilled } from "./unbilled.ts";
import { resultUsage } from "./usage.ts";

/** What a gated model is made of. */
export interface GatedModelParts extends GateModelOptions {
  readonly inner: BaseChatModel;
  readonly gateOrRun: Gate | Run;
  /** Call options that are bound to it. */
  readonly settings: Settings;
  /** Binds the same to another model; null where only one of the same class understands the settings. */
  readonly bind: ((model: BaseChatModel) => Settings | null) | null;
  /** Told of every refusal before it is thrown. */
  readonly refused?: (error: unknown) => void;
}

/** A chat model that calls its provider only as far as the gate lets it; made by `gateModel`. */
export class GatedModel<
  Options extends BaseChatModelCallOptions = BaseChatModelCallOptions,
> extends BaseChatModel<Options, AIMessageChunk> {
  readonly #parts: GatedModelParts;

  constructor(parts: GatedModelParts) {
    const { callbacks, tags, metadata, cache, verbose, disableStreaming, outputVersion } = parts.inner;
    super({
      ...(callbacks === undefined ? {} : { callbacks }),
      ...(tags === undefined ? {} : { tags }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(cache === undefined ? {} : { cache }),
      ...(outputVersion === undefined ? {} : { outputVersion }),
      verbose,
    });
    this.#parts = parts;
    this.disableStreaming = disableStreaming || !canStream(parts.inner);
    // Not a method: the base declares it with overloads, all of which hold for this one.
    Object.defineProperty(this, "withStructuredOutput", {
      value: (...asked: Parameters<BaseChatModel["withStructuredOutput"]>) => this.#structured(asked),
    });
  }

  /** The gate that decides its calls. */
  get gate(): Gate {
    return resolveRun(this.#parts.gateOrRun).gate;
  }

  /** The same model, with somebody who is told of every refusal before it is thrown. */
  watched(refused: (error: unknown) => void): GatedModel<Options> {
    return new GatedModel({ ...this.#parts, refused });
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const call = this.#call(options);
    return this.#withDenials(() => {
      const action = this.#action(messages, call);
      const send = (permit: Permit) => {
        const { model, settings } = enforceCall(permit, action, call, this.#parts);
        return model._generate(messages, settings, runManager);
      };
      return guard(this.#parts.gateOrRun, action, send, {
        ...this.#guarding,
        usage: ({ generations }) => ({ usage: resultUsage([generations]) }),
        // A cache would answer it again without asking anybody.
        ...(this.cache === undefined ? { skipped: skippedResult } : {}),
      });
    });
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    if (!canStream(this.#parts.inner)) return yield* super._streamResponseChunks(messages, options);
    const call = this.#call(options);
    const chunks = await this.#withDenials(() => {
      const action = this.#action(messages, call);
      const open = (permit: Permit): Promise<ChunkStream> => {
        const { model, settings } = enforceCall(permit, action, call, this.#parts);
        return guardChunks(permit, options.signal, (signal) =>
          model._streamResponseChunks(messages, { ...settings, signal }, runManager),
        );
      };
      const skipped = async (decision: Decision): Promise<ChunkStream> =>
        ReadableStream.from([{ chunk: new ChatGenerationChunk(skippedGeneration(decision)) }]);
      return guardOpen(this.#parts.gateOrRun, action, open, { ...this.#guarding, skipped });
    });
    for await (const { chunk } of chunks) if (chunk !== null) yield chunk;
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<Options>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, Options> {
    const bind = (model: BaseChatModel) => boundSettings(model.bindTools?.(tools, kwargs));
    const settings = bind(this.#parts.inner);
    if (settings === null) throw new TypeError(`${this.getName()} cannot bind tools`);
    return new GatedModel(this.#bound(settings, bind));
  }

  /** Like any model's, but a refusal is not tried again. */
  override withRetry(
    fields: NonNullable<Parameters<BaseChatModel["withRetry"]>[0]> = {},
  ): RunnableRetry<BaseLanguageModelInput, AIMessageChunk, Options> {
    return super.withRetry({
      ...fields,
      onFailedAttempt(error, input) {
        stopOnRefusal(error);
        return fields.onFailedAttempt?.(error, input);
      },
    });
  }

  override getName(suffix?: string): string {
    return this.#parts.inner.getName(suffix);
  }

  override get callKeys(): string[] {
    return #parts in this ? this.#parts.inner.callKeys : super.callKeys;
  }

  override get profile(): BaseChatModel["profile"] {
    return this.#parts.inner.profile;
  }

  override _llmType(): string {
    // The base's constructor asks before there is anything to answer with.
    return #parts in this ? this.#parts.inner._llmType() : "tollgate";
  }

  override _identifyingParams(): Record<string, unknown> {
    return { ...this.#parts.inner._identifyingParams(), ...this.#parts.settings };
  }

  override invocationParams(
    options?: this["ParsedCallOptions"],
  ): ReturnType<BaseChatModel["invocationParams"]> {
    return this.#parts.inner.invocationParams(this.#settings(options ?? {}));
  }

  override getLsParams(options: this["ParsedCallOptions"]): LangSmithParams {
    return this.#parts.inner.getLsParams(this.#settings(options));
  }

  override getLsParamsWithDefaults(options: this["ParsedCallOptions"]): LangSmithParams {
    const told = this.#parts.inner.getLsParamsWithDefaults(this.#settings(options));
    // Callbacks of the same gate find it in the run's metadata, and stand aside.
    return Object.assign({}, told, { tollgate: new GatedCall(this.gate) });
  }

  /** What keeps secrets out of traces is the model's own. */
  protected override _getInvocationParamsForTracing(
    options?: this["ParsedCallOptions"],
  ): ReturnType<this["invocationParams"]> {
    const { inner } = this.#parts;
    const traced: (settings: Settings) => ReturnType<this["invocationParams"]> = Reflect.get(
      inner,
      "_getInvocationParamsForTracing",
    );
    return traced.call(inner, this.#settings(options ?? {}));
  }

  get #guarding() {
    const accepts = this.#parts.models === undefined ? limitOnly : limitAndModel;
    return { accepts, unbilled: isUnbilled };
  }

  #structured(asked: Parameters<BaseChatModel["withStructuredOutput"]>): Runnable {
    const pipeline: Runnable = this.#parts.inner.withStructuredOutput(...asked);
    return regate(pipeline, (settings) => new GatedModel(this.#bound(settings, null)));
  }

  #bound(settings: Settings, bind: GatedModelParts["bind"]): GatedModelParts {
    return { ...this.#parts, settings: { ...this.#parts.settings, ...settings }, bind };
  }

  #settings(options: object): Settings {
    return { ...boundSettings(this.#parts.inner), ...this.#parts.settings, ...options };
  }

  #call(options: this["ParsedCallOptions"]): ModelCall {
    // What is aborted before it went out has nothing to be decided.
    options.signal?.throwIfAborted();
    return { model: this.#parts.inner, settings: this.#settings(options), given: options };
  }

  #action(messages: readonly BaseMessage[], { model, settings }: ModelCall): ActionInput {
    const told = model.getLsParams(settings);
    const invocation: Settings = model.invocationParams(settings);
    const named = [invocation.model, invocation.model_name, told.ls_model_name];
    return toChatAction(messages, {
      invocation,
      model: named.find((name) => typeof name === "string"),
      provider: told.ls_provider,
    });
  }

  async #withDenials<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.#parts.refused?.(error);
      throw asFinal(error);
    }
  }
}

const limitOnly = ["maxOutputTokens"] as const;
const limitAndModel = ["maxOutputTokens", "model", "provider"] as const;

function canStream(model: BaseChatModel): boolean {
  return model._streamResponseChunks !== BaseChatModel.prototype._streamResponseChunks;
}

function skippedText({ result, reason }: Decision): string {
  if (result === undefined) return reason;
  return typeof result === "string" ? result : JSON.stringify(result);
}

function skippedGeneration(decision: Decision): { text: string; message: AIMessageChunk } {
  const text = skippedText(decision);
  return { text, message: new AIMessageChunk(text) };
}

/** What a skipped model call answers instead of the model. */
function skippedResult(decision: Decision): ChatResult {
  const text = skippedText(decision);
  return { generations: [{ text, message: new AIMessage(text) }] };
}
