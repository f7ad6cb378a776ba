import { describe, expect, it } from "vitest";
import type { ActionInput } from "../../action/action.ts";
import { InvalidConfig } from "../../errors.ts";
import { createGate } from "../../gate/create-gate.ts";
import { type HttpEvaluatorOptions, httpEvaluator } from "./http-evaluator.ts";

const pay: ActionInput = { kind: "tool", name: "pay", params: { amount: 5 }, amounts: { usd: "$0.10" } };
const patient = { timeoutMs: 20_000 };

describe("credentials", () => {
  const secret = "s3cr3t";

  it.each<[string, HttpEvaluatorOptions["headers"]]>([
    ["a header that no request may have", { authorization: `Bearer ${secret}\nx: y` }],
    ["a header's name that is none", { [`x ${secret}`]: "y" }],
    ["headers that cannot be made", () => Promise.reject(new Error(secret))],
    ["headers that a fetch complains of", { authorization: secret }],
  ])("are in no message: %s", async (_, headers) => {
    const complaining: typeof globalThis.fetch = async (_url, init) => {
      throw Object.assign(new TypeError(`bad: ${JSON.stringify([...new Headers(init?.headers)])}`), {
        code: secret,
      });
    };
    const evaluators = [
      httpEvaluator({ url: "https://pdp.example", ...patient, headers: headers ?? {}, fetch: complaining }),
    ];
    const { code, reason, cause, receipt } = await createGate({ evaluators }).decide(pay);
    expect(code).toBe("evaluator_failed");
    const { message, stack, cause: deeper } = cause as Error;
    expect([message, deeper]).toEqual(["the policy server could not be asked", undefined]);
    expect(JSON.stringify([reason, message, stack, receipt])).not.toContain(secret);
  });

  it.each([
    `https://u:${secret}@pdp.example`,
    `https://${secret}@pdp.example`,
    `https://pdp.example?key=${secret}`,
    `${secret}`,
    `ftp://${secret}`,
    `http://${secret}.example`,
  ])("and odd addresses are refused without being quoted: %s", (url) => {
    const made = () => httpEvaluator({ url });
    expect(made).toThrow(InvalidConfig);
    expect(made).not.toThrow(new RegExp(secret));
  });
});

describe("options", () => {
  it("take http on this machine, and elsewhere only when asked to", () => {
    for (const url of ["http://localhost:1", "http://127.0.0.1", "http://[::1]:2", "https://pdp.example"]) {
      expect(() => httpEvaluator({ url })).not.toThrow();
    }
    expect(() => httpEvaluator({ url: "http://pdp.example", allowHttp: true })).not.toThrow();
  });

  it("cannot lead to another host by a path", async () => {
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      seen.push(String(url));
      return Response.json({ decision: "allow" });
    };
    for (const [url, path] of [
      ["https://pdp.example", "//evil.example/x"],
      ["https://pdp.example//evil.example", "/x"],
      ["https://pdp.example", "/\\evil.example"],
    ] as const) {
      await createGate({ evaluators: [httpEvaluator({ url, path, fetch })] }).decide(pay);
    }
    expect(seen.map((url) => new URL(url).host)).toEqual(["pdp.example", "pdp.example", "pdp.example"]);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ url: "x" }, "url"],
    [{ path: "evaluate" }, "path"],
    [{ name: "a b" }, "name"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ params: "some" }, "params"],
    [{ headers: "x" }, "headers"],
    [{ fetch: 1 }, "fetch"],
    [{ maxResponseBytes: 0 }, "maxResponseBytes"],
    [{ cache: { ttlMs: 0 } }, "cache.ttlMs"],
    [{ cache: { maxEntries: 0 } }, "cache.maxEntries"],
    [{ cache: { unmarked: true } }, "cache.unmarked"],
    [{ cache: { policyVersion: "1" } }, "cache.policyVersion"],
    [{ cache: { ttl: 1 } }, "cache.ttl"],
    [{ timeout: 5 }, "options.timeout"],
  ])("refuse %j", (odd, field) => {
    expect(() => httpEvaluator({ url: "https://pdp.example", ...odd } as HttpEvaluatorOptions)).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field }),
    );
  });
});
