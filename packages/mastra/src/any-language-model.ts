import type { MastraLanguageModel } from "@mastra/core/agent";
import { type MastraModelConfig, resolveModelConfig } from "@mastra/core/llm";
import type { LanguageModel, LanguageStream } from "@tollgate/core/adapter";

/** A language model of the AI SDK's shape, of any version of its types; also one as Mastra wraps it. */
export interface AnyLanguageModel {
  readonly specificationVersion: "v2" | "v3" | "v4";
  readonly provider: string;
  readonly modelId: string;
  doGenerate(call: never): PromiseLike<unknown>;
  doStream(call: never): PromiseLike<unknown>;
}

/** The methods of a model that make its provider work. */
export type Method = "doGenerate" | "doStream";

/** Whether something is a model that can be gated. */
export function isLanguageModel(value: unknown): value is AnyLanguageModel {
  const { specificationVersion, doGenerate, doStream } = Object(value) as Partial<AnyLanguageModel>;
  const isKnown =
    specificationVersion === "v2" || specificationVersion === "v3" || specificationVersion === "v4";
  return isKnown && typeof doGenerate === "function" && typeof doStream === "function";
}

/** Whether a model is one of Mastra's own wrappers, which answer a stream from `doGenerate`, too. */
export async function isWrapped(model: AnyLanguageModel): Promise<boolean> {
  // Mastra leaves those as they are, and wraps any other.
  return (await wrapped(model)) === model;
}

/** A model whose streams are what Mastra's wrapper of it answers from `method`. */
export function throughWrapper(model: AnyLanguageModel, method: Method): LanguageModel {
  const { specificationVersion, provider, modelId } = model;
  const { doGenerate } = model as LanguageModel;
  const doStream: LanguageModel["doStream"] = async (call) => {
    const made = await wrapped(model);
    return (await Reflect.apply(made[method], made, [call])) as LanguageStream;
  };
  return { specificationVersion, provider, modelId, doGenerate, doStream };
}

async function wrapped(model: AnyLanguageModel): Promise<MastraLanguageModel> {
  return (await resolveModelConfig(model as MastraModelConfig)) as MastraLanguageModel;
}
