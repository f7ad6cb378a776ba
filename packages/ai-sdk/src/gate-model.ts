import type {
  LanguageModelV2,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
} from "@ai-sdk/provider";
import {
  type ActionInput,
  type Gate,
  guard,
  type PatchField,
  type Permit,
  type Run,
  type Subject,
} from "@tollgate/core";
import { guardOpen, guardStream } from "@tollgate/core/adapter";
import { wrapLanguageModel } from "ai";
import { takeSubject } from "./call-subject.ts";
import { degradeFailed, enforceCall } from "./enforce-call.ts";
import { OfferedTools } from "./offered-tools.ts";
import { syntheticResult, syntheticStream } from "./synthetic-result.ts";
import { toLanguageAction } from "./to-action.ts";
import { withDenials } from "./to-denial.ts";
import { isUnbilled } from "./unbilled.ts";
import { languageUsage } from "./usage.ts";

/** A language model of any version that the AI SDK accepts. */
export type AnyLanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4;

/** How a language model is gated. */
export interface GateModelOptions {
  /**
   * Finds the ungated model that a degrade asks for, by its id; `provider` is set when the degrade names one.
   *
   * @default none: a degrade to another model denies
   */
  readonly models?: (modelId: string, provider: string | undefined) => AnyLanguageModel;
}

/**
 * A language model that calls its provider only as far as the gate lets it.
 *
 * Each attempt is decided, reserved, receipted and settled on its own: generate and stream, retries and the
 * steps of an agent. Streams are booked also when they are aborted, cut, or read by half. A refusal rejects
 * with ActionDenied, ApprovalRequired or GateUnavailable, which the AI SDK does not retry.
 *
 * `providerOptions: { tollgate: { user: "alice" } }` names the subject of one call; it is not sent on.
 */
export function gateModel(
  model: AnyLanguageModel,
  gateOrRun: Gate | Run,
  options: GateModelOptions = {},
): LanguageModelV4 {
  const { models } = options;
  const accepts: readonly PatchField[] =
    models === undefined ? ["params", "maxOutputTokens"] : ["params", "maxOutputTokens", "model", "provider"];

  const prepare = async (inner: LanguageModelV4, params: LanguageModelV4CallOptions): Promise<Attempt> => {
    // What is aborted before it went out has nothing to be decided.
    params.abortSignal?.throwIfAborted();
    const { call: asked, subject } = takeSubject(params);
    const who = subject === undefined ? {} : { subject };
    const tools = await OfferedTools.decide(gateOrRun, asked, who);
    const action = toLanguageAction(inner, tools.call);
    return {
      action,
      tools,
      options: { ...who, accepts, unbilled: isUnbilled },
      enforce: (permit) => ({
        target: enforceModel(inner, permit, action, models),
        call: enforceCall(permit, action, tools.call),
      }),
    };
  };

  return wrapLanguageModel({
    model: requireModel(model),
    middleware: {
      specificationVersion: "v4",
      wrapGenerate: ({ model: inner, params }) =>
        withDenials(async () => {
          const { action, tools, options, enforce } = await prepare(inner, params);
          try {
            const generate = async (permit: Permit) => {
              const { target, call } = enforce(permit);
              return await target.doGenerate(call);
            };
            const result = await guard(gateOrRun, action, generate, {
              ...options,
              usage: ({ usage }) => ({ usage: languageUsage(usage) }),
              skipped: syntheticResult,
            });
            for (const part of result.content) tools.saw(part);
            await tools.end("answered");
            return result;
          } catch (error) {
            await tools.end(isUnbilled(error) ? "unbilled" : "broken");
            throw error;
          }
        }),
      wrapStream: ({ model: inner, params }) =>
        withDenials(async () => {
          const { action, tools, options, enforce } = await prepare(inner, params);
          try {
            const open = async (permit: Permit) => {
              const { target, call } = enforce(permit);
              const result = await target.doStream(call);
              const both: Pick<Permit, "hold" | "settle"> = {
                hold: () => permit.hold(),
                settle: (used) => permit.settle(used).finally(() => tools.end()),
              };
              const stream = guardStream(both, result.stream, {
                usage(part) {
                  tools.saw(part);
                  return part.type === "finish" ? languageUsage(part.usage) : undefined;
                },
                bytes: (part) => ("delta" in part ? part.delta.length : 0),
              });
              return { ...result, stream };
            };
            return await guardOpen(gateOrRun, action, open, {
              ...options,
              skipped: async (decision) => {
                await tools.end("unbilled");
                return syntheticStream(decision);
              },
            });
          } catch (error) {
            await tools.end(isUnbilled(error) ? "unbilled" : "broken");
            throw error;
          }
        }),
    },
  });
}

/** One attempt at a model call, before it is decided. */
interface Attempt {
  readonly action: ActionInput;
  readonly tools: OfferedTools<LanguageModelV4CallOptions>;
  readonly options: {
    readonly subject?: Subject;
    readonly accepts: readonly PatchField[];
    readonly unbilled: (error: unknown) => boolean;
  };
  /** What to call, and with what, once it is permitted. */
  enforce(permit: Permit): { readonly target: LanguageModelV4; readonly call: LanguageModelV4CallOptions };
}

/** The model that a permit is for; a degrade may have chosen another. */
function enforceModel(
  inner: LanguageModelV4,
  permit: Permit,
  asked: ActionInput,
  models: GateModelOptions["models"],
): LanguageModelV4 {
  const { name, provider } = permit.action;
  if (name === asked.name && provider === asked.provider) return inner;
  const found = models?.(name, provider === asked.provider ? undefined : provider);
  if (found === undefined || found.modelId !== name) {
    const got = found === undefined ? "nothing" : `"${found.modelId}"`;
    throw degradeFailed(permit, `a degrade asks for model "${name}", but options.models answered ${got}`);
  }
  // Without middleware this only brings older versions to the current one.
  return wrapLanguageModel({ model: found, middleware: [] });
}

function requireModel(model: AnyLanguageModel): AnyLanguageModel {
  if (typeof model === "object" && model !== null) return model;
  throw new TypeError(
    `gateModel needs a model such as openai("gpt-4o"), not ${JSON.stringify(model)}; for model names given as strings set globalThis.AI_SDK_DEFAULT_PROVIDER = gateProvider(provider, run)`,
  );
}
