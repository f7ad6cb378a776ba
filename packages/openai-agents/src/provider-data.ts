import type { ModelSettings } from "@openai/agents";

/** What `modelSettings.providerData` adds to a request's body, past all other settings. */
type Data = Readonly<Record<string, unknown>>;

/** The names that OpenAI's APIs give to the output limit. */
const limits: ReadonlySet<string> = new Set(["max_completion_tokens", "max_output_tokens", "max_tokens"]);

/** Members that are merged into the body in their turn. */
const bodies: ReadonlySet<string> = new Set(["extra_body", "extraBody"]);

/** Members that hold keys, and no content. */
const secrets: ReadonlySet<string> = new Set([
  "extra_headers",
  "extraHeaders",
  "extra_query",
  "extraQuery",
  "headers",
  "authorization",
]);

/**
 * What the gate decides about and can therefore not be set past it: several completions use the output limit
 * several times, and a web search of Chat Completions is a tool that its provider runs.
 */
const decided = ["model", "tools", "n", "web_search_options"];

/** The output limits that a call sets, under whichever names. */
export function limitsOf({ maxTokens, providerData = {} }: ModelSettings): readonly number[] {
  return [maxTokens, ...dataLimits(providerData)].filter((limit) => typeof limit === "number");
}

function dataLimits(data: Data): readonly unknown[] {
  return Object.entries(data).flatMap(([name, value]) => {
    if (limits.has(name)) return [value];
    return bodies.has(name) && isData(value) ? dataLimits(value) : [];
  });
}

/**
 * The data with no output limit above `limit`, and without the members in `replaced`.
 *
 * @throws TypeError when it sets what the gate decides about
 */
export function enforceData(
  data: Data,
  limit: number | undefined,
  replaced: ReadonlySet<string>,
): Record<string, unknown> {
  const set = decided.find((name) => data[name] !== undefined);
  if (set !== undefined) {
    throw new TypeError(
      `modelSettings.providerData sets ${set} past the gate: leave it out (models and tools are set on the agent)`,
    );
  }
  const kept = Object.entries(data).filter(([name]) => !replaced.has(name));
  return Object.fromEntries(
    kept.map(([name, value]) => {
      if (bodies.has(name) && isData(value)) return [name, enforceData(value, limit, replaced)];
      const lowers = limit !== undefined && limits.has(name) && typeof value === "number";
      return [name, lowers ? Math.min(value, limit) : value];
    }),
  );
}

/** The data without keys, and without the functions that only the SDK's own code calls. */
export function withoutSecrets(data: Data): Data {
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => !secrets.has(name) && typeof value !== "function"),
  );
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
