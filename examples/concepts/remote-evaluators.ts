// Rules that live in another process: a policy server on this machine stands in for it.
import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGate } from "@tollgate/core";

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  const answer = request.url?.startsWith("/v1/data/")
    ? { result: { allow: true, deny: [] } }
    : { decision: "deny", reason: "the month is closed", policy_version: "7", cacheable: true };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const [opaUrl, pdpUrl] = [address, address];
const token = async () => "of the moment";

// #region remote
import { httpEvaluator, opaEvaluator } from "@tollgate/core/remote-evaluators";

const gate = createGate({
  evaluators: [
    opaEvaluator({ url: opaUrl, path: "tollgate/decision", timeoutMs: 2000 }),
    httpEvaluator({
      url: pdpUrl,
      headers: async () => ({ authorization: `Bearer ${await token()}` }),
      cache: { maxEntries: 10_000, ttlMs: 2000 },
      timeoutMs: 2000,
    }),
  ],
});
// #endregion

const first = await gate.decide({ kind: "tool", name: "book", params: { month: "2026-10" } });
const second = await gate.decide({ kind: "tool", name: "book", params: { month: "2026-10" } });
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
assert.deepEqual([first.reason, second.reason], ["the month is closed", "the month is closed"]);
// The second decision asked OPA, whose bundles have no revision, and had the other answer already.
assert.deepEqual(asked, ["/v1/data/tollgate/decision", "/api/v1/pdp/evaluate", "/v1/data/tollgate/decision"]);
