import { InvalidConfig } from "../../errors.ts";

/**
 * Checks the address of a policy server: https, or http on this machine; anywhere else only when asked for.
 *
 * Credentials belong into a header: an address gets into logs.
 *
 * @throws InvalidConfig naming `field`; the message does not quote the address.
 */
export function readEndpoint(url: string | URL, field: string, allowHttp: boolean): URL {
  if (!URL.canParse(String(url))) throw new InvalidConfig(field, "expected the address of a policy server");
  const endpoint = new URL(url);
  if (endpoint.username !== "" || endpoint.password !== "") {
    throw new InvalidConfig(field, "holds a user name or a password: give them as headers");
  }
  if (endpoint.search !== "") throw new InvalidConfig(field, "holds a query: give what is secret as headers");
  if (endpoint.protocol !== "https:" && endpoint.protocol !== "http:") {
    throw new InvalidConfig(field, "expected http or https");
  }
  if (endpoint.protocol === "http:" && !isLoopback(endpoint.hostname) && !allowHttp) {
    throw new InvalidConfig(
      field,
      "expected https: an answer over http can be forged on the way (allowHttp: true takes it)",
    );
  }
  endpoint.hash = "";
  return endpoint;
}

/** The endpoint with a path and a query added to its own; it stays on its host whatever they are. */
export function endpointAt(endpoint: URL, path: string): URL {
  const at = new URL(endpoint);
  const [added = "", query = ""] = path.split("?", 2);
  at.pathname = `${endpoint.pathname.replace(/\/$/, "")}${added}`;
  at.search = query;
  return at;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
