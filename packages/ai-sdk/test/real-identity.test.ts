import { receiptsOf } from "@tollgate/conformance/test-gate";
import { type ActionDenied, findDenial } from "@tollgate/core";
import { roleTools } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { jwtIdentity } from "@tollgate/identity";
import { generateText, isStepCount, streamText, tool } from "ai";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel, gateTools } from "../src/index.ts";
import { type Fixture, open } from "./fixture.ts";

const { privateKey, publicKey } = await generateKeyPair("EdDSA");
const jwk = await exportJWK(publicKey);
const clock = manualClock();

/** A token of a clerk that is good for ten minutes. */
function tokenOf(audience = "the gate"): Promise<string> {
  return new SignJWT({ tenant: "acme", role: "clerk" })
    .setProtectedHeader({ alg: "EdDSA" })
    .setSubject("finance-bot")
    .setAudience(audience)
    .setExpirationTime(clock.now() / 1000 + 600)
    .sign(privateKey);
}

/** A gate that takes tokens, and a model that asks for both tools, then answers. */
function identified(): Promise<Fixture> {
  const calls = ["search", "pay"].map((name) => ({ name, arguments: { text: "x" } }));
  return open(({ index }) => (index === 0 ? { toolCalls: calls } : { text: "done" }), {
    clock,
    identity: jwtIdentity({ publicKey: jwk, audience: "the gate" }),
    evaluators: [roleTools({ clerk: ["search"] })],
  });
}

describe("a run with a token", () => {
  it("goes through models and tools as whom the token says", async () => {
    const { gate, openai } = await identified();
    const run = gate.run({ credential: await tokenOf(), session: "s-1" });
    const ran: string[] = [];
    const does = (name: string) =>
      tool({
        inputSchema: z.object({ text: z.string() }),
        execute: () => {
          ran.push(name);
          return name;
        },
      });
    const { text } = await generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools: gateTools({ search: does("search"), pay: does("pay") }, run),
      stopWhen: isStepCount(5),
      prompt: "hi",
    });
    expect(text).toBe("done");
    expect(ran).toEqual(["search"]);
    const decided = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision" ? [[body.action.name, body.decision.code, body.action.subject]] : [],
    );
    const subject = { agent: "finance-bot", tenant: "acme", role: "clerk", session: "s-1" };
    expect(decided.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ["gpt-4o", "allowed", subject],
      ["gpt-4o", "allowed", subject],
      ["pay", "policy_denied", subject],
      ["search", "allowed", subject],
    ]);
  });

  it.each<[string, (fixture: Fixture) => Promise<Fixture["run"]>, RegExp]>([
    ["no token", async ({ run }) => run, /no credential was shown/],
    [
      "a token for another",
      async ({ gate }) => gate.run({ credential: await tokenOf("another") }),
      /another audience/,
    ],
    [
      "less than it claims",
      async ({ gate }) => gate.run({ credential: await tokenOf(), role: "boss" }),
      /role "boss"/,
    ],
  ])("is stopped before the provider sees it with %s, called or streamed", async (_what, runOf, reason) => {
    const fixture = await identified();
    const run = await runOf(fixture);
    const model = gateModel(fixture.openai("gpt-4o"), run);
    const errors: unknown[] = [await generateText({ model, prompt: "hi" }).catch((error: unknown) => error)];
    await streamText({
      model,
      prompt: "hi",
      onError: ({ error }) => void errors.push(error),
    }).consumeStream();
    for (const error of errors) {
      const denial = findDenial(error) as ActionDenied;
      expect(denial.refusal.reasonCode).toBe("identity_denied");
      expect(denial.message).toMatch(reason);
    }
    expect(errors).toHaveLength(2);
    expect(fixture.provider.requests).toEqual([]);
  });

  it("ends with its token: the next step does not go out", async () => {
    const { gate, openai, provider } = await identified();
    const run = gate.run({ credential: await tokenOf() });
    const search = tool({
      inputSchema: z.object({ text: z.string() }),
      execute: () => {
        clock.advance(606_000);
        return "late";
      },
    });
    const call = generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools: gateTools({ search, pay: search }, run),
      stopWhen: isStepCount(5),
      prompt: "hi",
    });
    await expect(call).rejects.toThrow(/the credential has expired/);
    expect(provider.requests).toHaveLength(1);
  });
});
