import type {
  Model,
  ModelRequest,
  ModelResponse,
  ModelRetryAdvice,
  ModelRetryAdviceRequest,
  StreamEvent,
} from "@openai/agents";
import {
  type ActionInput,
  type Awaitable,
  type Decision,
  findDenial,
  type Gate,
  guard,
  type PatchField,
  type Permit,
  type Run,
} from "@tollgate/core";
import { degradeFailed, type GuardOpenOptions, guardOpen } from "@tollgate/core/adapter";
import { remember } from "./answered.ts";
import { runOf, subjectOf } from "./current-run.ts";
import { enforceRequest } from "./enforce-request.ts";
import { gatedBy, gatedMark, isGatedBy } from "./gated.ts";
import { guardEvents } from "./guard-events.ts";
import { HostedTools } from "./hosted-tools.ts";
import { skippedResponse, skippedStream } from "./skipped-answer.ts";
import { type ModelName, toAction } from "./to-action.ts";
import { isUnbilled } from "./unbilled.ts";
import { toUsage } from "./usage.ts";

/** How a model is gated. */
export interface GateModelOptions {
  /**
   * The model's id, by which it is priced and named in rules.
   *
   * @default what the model itself tells: models of the Responses API do, those of Chat Completions do not
   */
  readonly name?: string;
  /** Who serves it, such as `openai`; helps to find the price. @default none: the id says it */
  readonly provider?: string;
  /** Finds the ungated model that a degrade asks for. @default none: a degrade to another model denies */
  readonly models?: (name: string) => Awaitable<Model>;
}

/**
 * A model that calls its provider only as far as the gate lets it, for `new Agent({ model })`.
 *
 * Each turn, and each attempt of the SDK's `modelSettings.retry`, is decided, reserved, receipted and settled on
 * its own, streamed or not; streams also when they are aborted, cut, or read by half. A refusal rejects with
 * ActionDenied, ApprovalRequired or GateUnavailable, which no retry policy repeats. Hosted tools are decided each
 * on its own, and not offered where they are refused.
 *
 * @throws TypeError for a model whose name is not known, or that is gated by another gate or run
 */
export function gateModel(model: Model, gateOrRun: Gate | Run, options: GateModelOptions = {}): Model {
  if (isGatedBy(model, gateOrRun, "the model")) return model;
  const name = options.name ?? ("_model" in model ? model._model : undefined);
  if (typeof name !== "string" || name === "") {
    throw new TypeError('gateModel cannot tell the name of this model: give it, as { name: "gpt-4o" }');
  }
  return new GatedModel(model, gateOrRun, { name, provider: options.provider }, options.models);
}

class GatedModel implements Model {
  readonly #model: Model;
  readonly #gateOrRun: Gate | Run;
  readonly #name: ModelName;
  readonly #models: GateModelOptions["models"];
  readonly #accepts: readonly PatchField[];

  constructor(model: Model, gateOrRun: Gate | Run, name: ModelName, models: GateModelOptions["models"]) {
    this.#model = model;
    this.#gateOrRun = gateOrRun;
    this.#name = name;
    this.#models = models;
    this.#accepts =
      models === undefined ? ["params", "maxOutputTokens"] : ["params", "maxOutputTokens", "model"];
    Object.defineProperty(this, gatedMark, { value: gateOrRun });
  }

  getResponse(request: ModelRequest): Promise<ModelResponse> {
    return this.#attempt(request, async ({ run, action, hosted, options, enforce }) => {
      const call = async (permit: Permit) => {
        const { target, call } = await enforce(permit);
        const response = await target.getResponse(call);
        remember(run.gate, response.responseId, permit.id);
        return response;
      };
      const response = await guard(run, action, call, {
        ...options,
        usage: ({ usage }) => ({ usage: toUsage(usage) }),
        skipped: skippedResponse,
      });
      await hosted.end(response.output);
      return response;
    });
  }

  async *getStreamedResponse(request: ModelRequest): AsyncGenerator<StreamEvent> {
    yield* await this.#attempt(request, ({ run, action, hosted, options, enforce }) => {
      const open = async (permit: Permit) => {
        const { target, call } = await enforce(permit);
        return guardEvents(permit, hosted, call.signal, (signal) =>
          target.getStreamedResponse({ ...call, signal }),
        );
      };
      const skipped = async (decision: Decision) => {
        await hosted.end([]);
        return skippedStream(decision);
      };
      return guardOpen(run, action, open, { ...options, skipped });
    });
  }

  /** What the model advises for its own failures; never to try again what the gate has refused. */
  getRetryAdvice(
    failed: ModelRetryAdviceRequest,
  ): Promise<ModelRetryAdvice | undefined> | ModelRetryAdvice | undefined {
    const refused = findDenial(failed.error);
    if (refused === null) return this.#model.getRetryAdvice?.(failed);
    // Taken for an abort it is no policy's to repeat, not even one that would approve an unsafe replay.
    return { suggested: false, reason: refused.message, normalized: { isAbort: true } };
  }

  /** Decides the hosted tools of a call, makes it, and ends what they held where it fails. */
  async #attempt<T>(given: ModelRequest, make: (attempt: Attempt) => Promise<T>): Promise<T> {
    // What is aborted before it went out has nothing to be decided.
    given.signal?.throwIfAborted();
    if (given.prompt !== undefined && given.overridePromptModel !== true) {
      throw new TypeError("a prompt would choose the model past the gate: name the model on the agent");
    }
    const run = runOf(this.#gateOrRun);
    const who = await subjectOf(run);
    const hosted = await HostedTools.decide(run, given, who);
    const { request } = hosted;
    let isSent = false;
    const unbilled = (error: unknown) => !isSent || isUnbilled(error);
    try {
      const action = toAction(request, this.#name);
      const enforce = async (permit: Permit) => {
        const target = await this.#target(permit, action);
        const call = enforceRequest(permit, action, request, target);
        isSent = true;
        return { target, call };
      };
      const options = { ...who, accepts: this.#accepts, unbilled };
      return await make({ run, action, hosted, options, enforce });
    } catch (error) {
      await hosted.end(unbilled(error) ? [] : undefined);
      throw error;
    }
  }

  /** The model that a permit is for; a degrade may have chosen another. */
  async #target(permit: Permit, asked: ActionInput): Promise<Model> {
    const { name } = permit.action;
    if (name === asked.name) return this.#model;
    const found = await this.#models?.(name);
    if (found !== undefined && gatedBy(found) === null) return found;
    const got = found === undefined ? "nothing" : "one that is gated itself";
    throw degradeFailed(permit, `a degrade asks for model "${name}", but options.models answered ${got}`);
  }
}

/** One attempt at a model call, before it is decided. */
interface Attempt {
  readonly run: Run;
  readonly action: ActionInput;
  readonly hosted: HostedTools;
  readonly options: Pick<GuardOpenOptions<unknown>, "subject" | "accepts" | "unbilled">;
  /** What to call, and with what, once it is permitted. */
  enforce(permit: Permit): Promise<{ readonly target: Model; readonly call: ModelRequest }>;
}
