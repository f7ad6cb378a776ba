import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { findDenial, gateBudget } from "@tollgate/core";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { saidOf, sign, type TestKey, testKey, tokenFixture } from "./token-fixture.ts";

let first: TestKey;
let second: TestKey;

beforeAll(async () => {
  [first, second] = await Promise.all([testKey("ES256", "first"), testKey("ES256", "second")]);
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | null = null;

afterEach(async () => {
  vi.useRealTimers();
  const closing = server;
  server = null;
  closing?.closeAllConnections();
  if (closing !== null) await new Promise((resolve) => closing.close(resolve));
});

/** Serves keys on this machine; counts who asked. */
async function serve(answer: Answer): Promise<{ readonly jwks: string; readonly asked: () => number }> {
  let asked = 0;
  const started = createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return { jwks: `http://127.0.0.1:${(started.address() as AddressInfo).port}/keys`, asked: () => asked };
}

/** What the clock says by which keys grow old, which is the process's own: it stands still until it is set. */
function stopClock(): number {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now });
  return now;
}

/** Long enough for a machine that is busy: only what is never answered has to come to an end. */
const patient = { timeoutMs: 60_000 };

const failed = "identity_failed: the identity could not be verified";

describe("keys that are fetched", () => {
  it("are fetched once for many runs, and a token of another key does not have them fetched again and again", async () => {
    const now = stopClock();
    const { jwks, asked } = await serve((_, response) => response.end(JSON.stringify({ keys: [first.jwk] })));
    const { ask } = tokenFixture({ jwks, remote: patient });
    expect(asked()).toBe(0);
    expect(await ask(await sign(first))).toBe("allowed");
    const many = await Promise.all(Array.from({ length: 10 }, async () => ask(await sign(first))));
    expect(new Set(many)).toEqual(new Set(["allowed"]));
    const unknown = "identity_denied: the credential is signed by a key that is not known";
    for (let turn = 0; turn < 5; turn++) expect(await ask(await sign(second))).toBe(unknown);
    vi.setSystemTime(now + 29_999);
    expect(await ask(await sign(second))).toBe(unknown);
    expect(asked()).toBe(1);
  });

  it("are fetched again for a key that is new, once the cooldown is over", async () => {
    const now = stopClock();
    const keys = [first.jwk];
    const { jwks, asked } = await serve((_, response) => response.end(JSON.stringify({ keys })));
    const { ask } = tokenFixture({ jwks, remote: patient });
    expect(await ask(await sign(first))).toBe("allowed");
    keys.push(second.jwk);
    vi.setSystemTime(now + 30_001);
    expect(await ask(await sign(second))).toBe("allowed");
    expect(asked()).toBe(2);
  });

  it("are fetched again when they are old, and a key that was taken away counts no more", async () => {
    const now = stopClock();
    let keys = [first.jwk];
    const { jwks, asked } = await serve((_, response) => response.end(JSON.stringify({ keys })));
    const { ask } = tokenFixture({ jwks, remote: patient });
    expect(await ask(await sign(first))).toBe("allowed");
    keys = [second.jwk];
    vi.setSystemTime(now + 599_999);
    expect(await ask(await sign(first))).toBe("allowed");
    expect(asked()).toBe(1);
    vi.setSystemTime(now + 600_001);
    expect(await ask(await sign(first))).toMatch(/a key that is not known/);
    expect(asked()).toBe(2);
  });

  it("may be those of a SPIFFE bundle", async () => {
    const keys = [{ ...first.jwk, use: "jwt-svid" }];
    const { jwks } = await serve((_, response) => response.end(JSON.stringify({ keys, spiffe_sequence: 1 })));
    const { ask } = tokenFixture({ jwks, remote: patient, spiffe: { trustDomain: "acme.example" } });
    expect(await ask(await sign(first, { sub: "spiffe://acme.example/bot" }))).toBe("allowed");
  });

  it.each<[string, Answer]>([
    ["are not there", (_, response) => response.writeHead(404).end()],
    ["are an error", (_, response) => response.writeHead(500).end(JSON.stringify({ keys: [] }))],
    [
      "are elsewhere",
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/keys" }).end(),
    ],
    ["are no JSON", (_, response) => response.end("<html>")],
    ["are no key set", (_, response) => response.end("[]")],
    ["are endless", (_, response) => response.end(`{"keys":[],"x":"${"x".repeat(1_000_001)}"}`)],
    [
      "are private",
      (_, response) => response.end(JSON.stringify({ keys: [{ ...first.jwk, d: first.jwk.x }] })),
    ],
    ["do not come in time", () => undefined],
    [
      "begin in time and never end",
      (_, response) => {
        const drops = setInterval(() => response.write(" "), 10);
        response.on("close", () => clearInterval(drops));
      },
    ],
  ])("deny as unavailable when they %s, with a receipt", async (_what, answer) => {
    const { jwks } = await serve(answer);
    const { ask, decisions } = tokenFixture({ jwks, remote: { timeoutMs: 300 } });
    expect(await ask(await sign(first))).toBe(failed);
    expect((await decisions()).map((receipt) => saidOf(receipt).said)).toEqual([failed]);
  });

  it("deny as unavailable when nobody answers, and say where they were looked for but not the token", async () => {
    const { jwks } = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    server = null;
    const { gate } = tokenFixture({ jwks });
    const token = await sign(first);
    const error = await gateBudget(gate.run({ credential: token }), { kind: "tool", name: "t" }).catch(
      (thrown) => thrown,
    );
    expect(findDenial(error)?.code).toBe("gate_unavailable");
    expect(String((error as Error).cause)).toContain(`the keys at ${jwks} could not be had`);
    const { inspect } = await import("node:util");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(token.split(".")[1]);
  });

  it("are asked for again with the next action, in the same run", async () => {
    let isAway = true;
    const { jwks } = await serve((_, response) => {
      if (isAway) response.writeHead(503).end();
      else response.end(JSON.stringify({ keys: [first.jwk] }));
    });
    const { gate } = tokenFixture({ jwks, remote: patient });
    const run = gate.run({ credential: await sign(first) });
    const code = async (): Promise<string> => (await gate.decide({ kind: "tool", name: "t" }, { run })).code;
    expect(await code()).toBe("identity_failed");
    isAway = false;
    expect(await code()).toBe("allowed");
  });
});
