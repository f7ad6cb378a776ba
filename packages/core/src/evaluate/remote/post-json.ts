import type { Awaitable } from "../../awaitable.ts";

/** Headers, or what makes them for each request: a token that is renewed. */
export type HeadersSource =
  | Readonly<Record<string, string>>
  | (() => Awaitable<Readonly<Record<string, string>>>);

/** How a policy server is asked. */
export interface Transport {
  readonly endpoint: URL;
  readonly fetch: typeof globalThis.fetch;
  readonly headers: HeadersSource;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
}

/**
 * Posts JSON and answers the JSON that comes back.
 *
 * Redirects are refused, anything but 200 with JSON is, and neither text may be longer than allowed. What is thrown
 * quotes neither the address, nor a header, nor what was sent or answered, and has no cause: the errors of a
 * `fetch` quote what they did not like.
 */
export async function postJson(transport: Transport, body: unknown, signal: AbortSignal): Promise<unknown> {
  const sent = new TextEncoder().encode(JSON.stringify(body));
  if (sent.length > transport.maxRequestBytes) {
    throw new Error(`the question has ${sent.length} bytes; at most ${transport.maxRequestBytes} are asked`);
  }
  const response = await send(transport, sent, signal);
  const problem = problemWith(response);
  if (problem !== null) {
    await response.body?.cancel().catch(() => undefined);
    throw new Error(problem);
  }
  const text = await readText(response, transport.maxResponseBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the policy server answered something else than JSON");
  }
}

async function send(
  { endpoint, fetch, headers }: Transport,
  body: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const given = typeof headers === "function" ? await headers() : headers;
    const all = new Headers(given);
    all.set("content-type", "application/json");
    all.set("accept", "application/json");
    // Not every runtime has "error". What is not followed is an answer whose status is not 200.
    return await fetch(endpoint, { method: "POST", headers: all, body, redirect: "manual", signal });
  } catch (error) {
    throw new Error(`the policy server could not be asked${codeOf(error)}`);
  }
}

/** Why an answer is not read, or null. */
function problemWith({ status, type, redirected, headers }: Response): string | null {
  // Browsers tell no more of a redirect than that it is one; a fetch of somebody's may have followed it.
  if (redirected || type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return "the policy server redirects, and is not followed";
  }
  if (status !== 200) return `the policy server answered with status ${status}`;
  const isJson = /^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(headers.get("content-type") ?? "");
  return isJson ? null : "the policy server answered something else than JSON";
}

/** The system's name for what went wrong, such as `ECONNREFUSED`; nothing else of an error is safe to tell. */
function codeOf(error: unknown): string {
  const { code, cause } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    cause?: unknown;
  };
  const name = typeof code === "string" ? code : (cause as { code?: unknown } | null | undefined)?.code;
  return typeof name === "string" && /^[A-Z][A-Z0-9_]{1,63}$/.test(name) ? `: ${name}` : "";
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const tooLong = new Error(`the policy server's answer is longer than ${maxBytes} bytes`);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = response.body?.getReader();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) return text + decoder.decode();
      bytes += part.value.length;
      if (bytes > maxBytes) throw tooLong;
      text += decoder.decode(part.value, { stream: true });
    }
  } catch (error) {
    await reader?.cancel().catch(() => undefined);
    throw error === tooLong ? tooLong : new Error("the policy server's answer did not arrive whole");
  }
}
