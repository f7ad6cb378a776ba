import type { LanguageCall } from "@tollgate/core/adapter";

/** Anything that carries options for providers. */
type Noted = object & { readonly providerOptions?: Readonly<Record<string, unknown>> };

/**
 * A call without what Mastra notes for itself in its messages, such as when each was made: providers have no use
 * for it, and with it the same call would be another one each time, which nobody could approve.
 */
export function withoutOwnNotes<Call extends LanguageCall>(call: Call): Call {
  const prompt = call.prompt.map((message) => {
    const { content } = message;
    return without({ ...message, content: typeof content === "string" ? content : content.map(without) });
  });
  return { ...call, prompt };
}

function without<Any extends Noted>(noted: Any): Any {
  if (noted.providerOptions?.mastra === undefined) return noted;
  const { mastra: _mastra, ...providerOptions } = noted.providerOptions;
  const { providerOptions: _options, ...rest } = noted;
  return (Object.keys(providerOptions).length === 0 ? rest : { ...rest, providerOptions }) as Any;
}
