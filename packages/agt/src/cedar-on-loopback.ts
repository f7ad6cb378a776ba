import { InvalidConfig } from "@tollgate/core";

/** What a `CedarBackend` of AGT's is made of. */
export interface CedarOnLoopback {
  readonly endpoint: string;
  readonly fetchImpl: typeof fetch;
}

/** The name that AGT's backend is told; nothing looks it up (RFC 2606, section 2). */
const standIn = "http://cedar.invalid";

/**
 * Lets AGT's `CedarBackend` reach a Cedar agent beside this process: `new CedarBackend(cedarOnLoopback(url))`.
 *
 * The backend refuses localhost and private addresses, where a Cedar agent as a rule runs. It is told another name
 * here, and what it sends goes to `url` and nowhere else: redirects are refused.
 *
 * @throws InvalidConfig unless `url` is http or https on 127.0.0.0/8, ::1 or localhost.
 */
export function cedarOnLoopback(
  url: string,
  options: { readonly fetch?: typeof fetch } = {},
): CedarOnLoopback {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (target === null || !/^https?:$/.test(target.protocol) || !isLoopback(target.hostname)) {
    throw new InvalidConfig(
      "url",
      "expected an http address on this machine, such as http://127.0.0.1:8180/v1/is_authorized",
    );
  }
  return {
    endpoint: standIn,
    fetchImpl: async (input, init) => {
      if (String(input) !== standIn) throw new TypeError("a Cedar backend asks its own endpoint only");
      const send = options.fetch ?? fetch;
      return send(target.href, { ...init, redirect: "error" });
    },
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
