import type { ModelRequest } from "@openai/agents";
import type { ActionInput } from "@tollgate/core";
import { limitsOf, withoutSecrets } from "./provider-data.ts";

/** By what a model is priced and named in rules. */
export interface ModelName {
  readonly name: string;
  readonly provider?: string | undefined;
}

/**
 * A model call as an action: everything that is sent, but neither keys nor what only concerns the SDK.
 *
 * Settings stand beside the input, so that a degrade can replace each. Files are digested as bytes and counted as
 * media, so that one is not taken for a very long prompt.
 */
export function toAction(request: ModelRequest, { name, provider }: ModelName): ActionInput {
  const {
    maxTokens: _limit,
    retry,
    timeoutMs,
    preserveRawUsage,
    providerData,
    ...settings
  } = request.modelSettings;
  const { systemInstructions, handoffs, outputType, prompt, previousResponseId, conversationId } = request;
  const media = { parts: 0 };
  const limits = limitsOf(request.modelSettings);
  return {
    kind: "llm",
    name,
    ...(provider === undefined ? {} : { provider }),
    params: {
      ...settings,
      providerData: providerData && withoutSecrets(providerData),
      instructions: systemInstructions,
      input: withoutFiles(request.input, media),
      tools: request.tools.map((tool) =>
        "providerData" in tool && tool.providerData
          ? { ...tool, providerData: withoutSecrets(tool.providerData) }
          : tool,
      ),
      handoffs,
      outputType,
      prompt,
      previousResponseId,
      conversationId,
    },
    // What is set twice is sent once, but which of the two depends on the model's API.
    ...(limits.length === 0 ? {} : { maxOutputTokens: Math.max(...limits) }),
    ...(media.parts === 0 ? {} : { mediaParts: media.parts }),
  };
}

const files: ReadonlySet<unknown> = new Set(["input_image", "input_file", "audio", "image", "file"]);

/** Longer text in a part that holds a file is the file itself. */
const maxReference = 512;

function withoutFiles(value: unknown, media: { parts: number }): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutFiles(item, media));
  if (typeof value !== "object" || value === null) return value;
  const isFile = "type" in value && files.has(value.type);
  if (isFile) media.parts += 1;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isFile && typeof member === "string" && member.length > maxReference
        ? new TextEncoder().encode(member)
        : withoutFiles(member, media),
    ]),
  );
}
