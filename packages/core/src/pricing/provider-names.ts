/**
 * The providers of the catalogue by its own ids.
 *
 * The package has no list of them, so here it is; a test keeps it the same as the data.
 */
export const catalogProviders = [
  "anthropic",
  "arcee",
  "avian",
  "aws",
  "azure",
  "baseten",
  "cerebras",
  "cloudflare",
  "cohere",
  "cursor",
  "deepseek",
  "doubleword",
  "fireworks",
  "github-copilot",
  "google",
  "groq",
  "huggingface_cerebras",
  "huggingface_fireworks-ai",
  "huggingface_groq",
  "huggingface_hyperbolic",
  "huggingface_nebius",
  "huggingface_novita",
  "huggingface_nscale",
  "huggingface_ovhcloud",
  "huggingface_publicai",
  "huggingface_sambanova",
  "huggingface_together",
  "minimax",
  "mistral",
  "modal",
  "moonshotai",
  "novita",
  "openai",
  "openrouter",
  "ovhcloud",
  "perplexity",
  "quicksilverpro",
  "together",
  "typesafe",
  "voyageai",
  "x-ai",
  "zai",
  "zhipuai",
] as const;

/** One of {@link catalogProviders}. */
export type CatalogProvider = (typeof catalogProviders)[number];

/**
 * What frameworks and conventions call them, other than by the catalogue's id; up to the first dot, and without
 * the hyphens and underscores in which they differ.
 *
 * From the AI SDK's `provider`, LangChain's `ls_provider` and OpenTelemetry's `gen_ai.provider.name`.
 */
const aliases: ReadonlyMap<string, CatalogProvider> = new Map<string, CatalogProvider>([
  ...catalogProviders.map((id) => [withoutSeparators(id), id] as const),
  ["amazonbedrock", "aws"],
  ["awsbedrock", "aws"],
  ["bedrock", "aws"],
  ["azureopenai", "azure"],
  ["copilot", "github-copilot"],
  ["fireworksai", "fireworks"],
  ["gcp", "google"],
  ["gemini", "google"],
  ["googlegenai", "google"],
  ["googlegenerativeai", "google"],
  ["googlevertex", "google"],
  ["googlevertexai", "google"],
  ["vertex", "google"],
  ["vertexai", "google"],
  ["mistralai", "mistral"],
  ["moonshot", "moonshotai"],
  ["togetherai", "together"],
  ["voyage", "voyageai"],
  ["workersai", "cloudflare"],
  ["zhipu", "zhipuai"],
]);

/**
 * The catalogue's provider for a framework's name of it, such as `openai.responses` or `google_genai`.
 *
 * Null for any other name, gateways included: what they sell is told by the model's id alone.
 */
export function catalogProvider(name: string): CatalogProvider | null {
  const [family = ""] = name.trim().toLowerCase().split(".");
  return aliases.get(withoutSeparators(family)) ?? null;
}

function withoutSeparators(name: string): string {
  return name.replace(/[-_]/g, "");
}

/** Stands for the provider in the rates of a price table where the caller names none. */
export const ownPrices = "custom";

/** How a key in a table of prices may name a model, closest first. */
export function namesOf(provider: string | undefined, model: string): readonly string[] {
  if (provider === undefined) return [model];
  const canonical = catalogProvider(provider);
  const names = [`${provider}/${model}`, model];
  if (canonical !== null && canonical !== provider) names.splice(1, 0, `${canonical}/${model}`);
  return names;
}
