import { type Model, type ModelRequest, OpenAIChatCompletionsModel } from "@openai/agents";
import type { ActionInput, Permit } from "@tollgate/core";
import { enforceSettings, type Patchable } from "@tollgate/core/adapter";
import { enforceData, limitsOf } from "./provider-data.ts";

/** The settings of a model call that a degrade may replace through its `params`. */
const patchable: Patchable = {
  temperature: "number",
  topP: "number",
  frequencyPenalty: "number",
  presencePenalty: "number",
  toolChoice: "string",
  parallelToolCalls: "boolean",
  truncation: "string",
  store: "boolean",
  reasoning: "object",
  text: "object",
};

/** OpenAI's reasoning models, which refuse the name by which the SDK sends an output limit to Chat Completions. */
const reasoning = /^(?:openai\/)?(?:o\d|gpt-(?:[5-9]|\d\d))/;

/**
 * The request to send to `model` for a permit: with its output limit, and every setting that a degrade changed.
 *
 * The client's own retries are off: each would be a call without a permit. The SDK's are decided each on its own.
 *
 * @throws ActionDenied when a degrade changed what cannot be applied, such as the input
 * @throws TypeError when the request's `providerData` sets what the gate decides about
 */
export function enforceRequest(
  permit: Permit,
  asked: ActionInput,
  request: ModelRequest,
  model: Model,
): ModelRequest {
  const { maxOutputTokens: limit, name } = permit.action;
  const { providerData = {}, maxTokens, ...settings } = request.modelSettings;
  const changes = enforceSettings(permit, asked, patchable);
  const data = enforceData(providerData, limit, new Set(Object.keys(changes).flatMap(wireNames)));
  const added: { maxTokens?: number } = {};
  if (maxTokens !== undefined) added.maxTokens = Math.min(maxTokens, limit ?? maxTokens);
  else if (limit !== undefined && limitsOf(request.modelSettings).length === 0) {
    if (model instanceof OpenAIChatCompletionsModel && reasoning.test(name)) {
      data.max_completion_tokens = limit;
    } else added.maxTokens = limit;
  }
  const enforced: ModelRequest & { _internal?: object } = {
    ...request,
    modelSettings: { ...settings, ...changes, ...added, providerData: data },
  };
  // The SDK says this itself to the models of OpenAI when it tries again.
  enforced._internal = { ...enforced._internal, runnerManagedRetry: true };
  return enforced;
}

/** How `providerData` may name a setting, which would win over it. */
function wireNames(setting: string): readonly string[] {
  const wire = setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [wire, ...(setting === "reasoning" ? ["reasoning_effort"] : [])];
}
