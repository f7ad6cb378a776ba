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
 * What frameworks and conventions call them, other than by the catalogue's id; up to the first dot.
 *
 * From the AI SDK's `provider`, LangChain's `ls_provider` and OpenTelemetry's `gen_ai.provider.name`.
 */
const aliases: ReadonlyMap<string, CatalogProvider> = new Map<string, CatalogProvider>([
  ...catalogProviders.map((id) => [id, id] as const),
  ["amazon-bedrock", "aws"],
  ["amazon_bedrock", "aws"],
  ["aws-bedrock", "aws"],
  ["aws_bedrock", "aws"],
  ["bedrock", "aws"],
  ["azure-openai", "azure"],
  ["azure_openai", "azure"],
  ["azureopenai", "azure"],
  ["copilot", "github-copilot"],
  ["fireworks-ai", "fireworks"],
  ["fireworksai", "fireworks"],
  ["gcp", "google"],
  ["gemini", "google"],
  ["google-generative-ai", "google"],
  ["google-vertex", "google"],
  ["google_genai", "google"],
  ["google_vertexai", "google"],
  ["vertex", "google"],
  ["vertexai", "google"],
  ["mistralai", "mistral"],
  ["mistral_ai", "mistral"],
  ["moonshot", "moonshotai"],
  ["moonshot_ai", "moonshotai"],
  ["together-ai", "together"],
  ["together_ai", "together"],
  ["togetherai", "together"],
  ["voyage", "voyageai"],
  ["workers-ai", "cloudflare"],
  ["workersai", "cloudflare"],
  ["x_ai", "x-ai"],
  ["xai", "x-ai"],
  ["z-ai", "zai"],
  ["zhipu", "zhipuai"],
]);

/**
 * The catalogue's provider for a framework's name of it, such as `openai.responses` or `google_genai`.
 *
 * Null for any other name, gateways included: what they sell is told by the model's id alone.
 */
export function catalogProvider(name: string): CatalogProvider | null {
  const lower = name.trim().toLowerCase();
  const dot = lower.indexOf(".");
  return aliases.get(dot === -1 ? lower : lower.slice(0, dot)) ?? null;
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
