import type { EmbeddingModelV4, ImageModelV4 } from "@ai-sdk/provider";
import type { ActionKind, Gate, Run } from "@tollgate/core";
import type { ModelCall, NamedModel } from "@tollgate/core/adapter";
import type { CallBounds } from "./call-bounds.ts";
import { gateEmbeddingModel } from "./gate-embedding-model.ts";
import { gateImageModel } from "./gate-image-model.ts";
import { gateMethods, type UnwrappedKind } from "./gate-methods.ts";
import { type AnyLanguageModel, gateModel } from "./gate-model.ts";

/** How a provider is gated. */
export interface GateProviderOptions {
  /** Members to hand out as they are, knowing that the gate sees nothing of them, such as `files`. @default [] */
  readonly ungated?: readonly string[];
  /**
   * The most that one call can use up, where the gate's prices do not tell: for images, speech,
   * transcription, reranking and video.
   */
  readonly bounds?: (kind: ActionKind, modelId: string, call: ModelCall) => CallBounds | undefined;
}

/**
 * A provider all of whose models are gated: `openai("gpt-4o")`, `openai.chat(...)`, `openai.embedding(...)`,
 * `openai.image(...)`, speech, transcription, reranking, video.
 *
 * Set as `globalThis.AI_SDK_DEFAULT_PROVIDER` it gates models given by name. What cannot be gated (batches,
 * realtime, uploads, ...) throws instead of passing by the gate, unless it is listed in `ungated`.
 */
export function gateProvider<Provider extends object>(
  provider: Provider,
  gateOrRun: Gate | Run,
  options: GateProviderOptions = {},
): Provider {
  const { ungated = [], bounds = () => undefined } = options;

  const gateAny = (model: unknown, member: string): unknown => {
    const kind = kindOf(model, member);
    switch (kind) {
      case null:
        throw new TypeError(
          `gateProvider cannot gate what ${member} makes, so it is not handed out. Use the ungated provider for it, or list "${member}" in gateProvider's ungated option, if you mean it to pass by the gate.`,
        );
      case "llm":
        return gateModel(model as AnyLanguageModel, gateOrRun, {
          // The provider itself finds the model that a degrade asks for.
          models: (modelId) =>
            Reflect.apply(factory(provider, member), provider, [modelId]) as AnyLanguageModel,
        });
      case "embedding":
        return gateEmbeddingModel(model as EmbeddingModelV4, gateOrRun);
      case "image":
        return gateImageModel(model as ImageModelV4, gateOrRun, {
          bounds: (call) => bounds(kind, (model as NamedModel).modelId, call) ?? {},
        });
      default: {
        const named = model as NamedModel & object;
        return gateMethods(named, kind, gateOrRun, (call) => bounds(kind, named.modelId, call));
      }
    }
  };

  return new Proxy(provider, {
    apply: (target, _self, args) => gateAny(Reflect.apply(target as Factory, target, args), callable),
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof name === "symbol" || ungated.includes(name) || isPlain(target, name, member)) return member;
      if (typeof member === "function") {
        return (...args: unknown[]) => gateAny(Reflect.apply(member as Factory, target, args), name);
      }
      return gateAny(member, name);
    },
  });
}

type Factory = (...args: unknown[]) => unknown;

/** How the provider called as a function is spoken of. */
const callable = "the provider itself";

function factory(provider: object, member: string): Factory {
  return (member === callable ? provider : Reflect.get(provider, member)) as Factory;
}

/** What reaches no model: names and versions, the definitions of provider tools, a function's own members. */
function isPlain(target: object, name: string, member: unknown): boolean {
  return (typeof member !== "object" && typeof member !== "function") || member === null || name === "tools"
    ? true
    : name in Object.prototype ||
        (typeof target === "function" && ["prototype", "apply", "bind", "call"].includes(name));
}

/** Which kind of model something is; null when it is none that is known. */
function kindOf(model: unknown, member: string): "llm" | "embedding" | "image" | UnwrappedKind | null {
  if (typeof model !== "object" || model === null || !("modelId" in model)) return null;
  if ("doGenerate" in model && "doStream" in model && "supportedUrls" in model) return "llm";
  if ("doEmbed" in model) return "embedding";
  if ("doRerank" in model) return "rerank";
  if ("maxImagesPerCall" in model) return "image";
  if ("maxVideosPerCall" in model) return "video";
  // These two look alike; only their makers' names tell.
  if ("doGenerate" in model && /^speech/i.test(member)) return "speech";
  if ("doGenerate" in model && /^transcription/i.test(member)) return "transcription";
  return null;
}
