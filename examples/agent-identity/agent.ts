// An agent of the AI SDK that is who its token says, and calls the tools of its role.
import { strict as assert } from "node:assert";
import { createOpenAI } from "@ai-sdk/openai";
import { gateModel, gateTools } from "@tollgate/ai-sdk";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate, findDenial, type Run } from "@tollgate/core";
import { roleTools } from "@tollgate/core/evaluators";
import { jwtIdentity } from "@tollgate/identity";
import { generateText, isStepCount, tool } from "ai";
import * as z from "zod";
import { startIssuer } from "./issuer.ts";

const issuer = await startIssuer();
const called: string[] = [];
const does = (name: string) =>
  tool({ inputSchema: z.object({ text: z.string() }), execute: () => String(called.push(name)) });
const tools = { search_web: does("search_web"), pay: does("pay") };

// #region gate
const gate = createGate({
  identity: jwtIdentity({
    jwks: new URL("/.well-known/jwks.json", issuer.url),
    issuer: issuer.url,
    audience: "tollgate",
  }),
  evaluators: [roleTools({ clerk: ["search_*"], treasurer: ["*"] })],
  budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["tenant", "agent"] }],
});
// #endregion

// The model asks for both tools, then answers.
const provider = await startMockProvider(({ index }) =>
  index % 2 === 0
    ? { toolCalls: Object.keys(tools).map((name) => ({ name, arguments: { text: "x" } })) }
    : { text: "done" },
);
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });

/** One call of the agent in a run. */
async function callAgent(run: Run): Promise<string> {
  const { text } = await generateText({
    model: gateModel(openai("gpt-4o"), run),
    tools: gateTools(tools, run),
    stopWhen: isStepCount(5),
    prompt: "Pay what is due.",
  });
  return text;
}

/** Stands for the header of a request. */
const authorization = `Bearer ${await issuer.token({ sub: "finance-bot", tenant: "acme", role: "clerk" })}`;

// #region run
const run = gate.run({ credential: authorization.slice("Bearer ".length) });
const text = await callAgent(run);
console.log(run.subject); // { agent: "finance-bot", tenant: "acme", role: "clerk" }
// #endregion

assert.equal(text, "done");
assert.deepEqual(called, ["search_web"], "a clerk searches and does not pay");
assert.deepEqual(run.subject, { agent: "finance-bot", tenant: "acme", role: "clerk" });
const [daily] = await gate.balances();
assert.equal(daily?.partition, "tenant=acme&agent=finance-bot");

const credential = authorization.slice("Bearer ".length);
// #region claims
const claimsMore = gate.run({ credential, role: "treasurer" });
const asksForMore = await callAgent(claimsMore).catch(findDenial);
// identity_denied: the credential of agent "finance-bot" does not cover role "treasurer"

const showsNothing = await callAgent(gate.run({ agent: "finance-bot" })).catch(findDenial);
// identity_denied: no credential was shown
// #endregion

for (const [denial, reason] of [
  [asksForMore, 'the credential of agent "finance-bot" does not cover role "treasurer"'],
  [showsNothing, "no credential was shown"],
] as const) {
  assert.ok(typeof denial === "object" && denial !== null);
  assert.equal(denial.refusal.reasonCode, "identity_denied");
  assert.equal(denial.refusal.reason, reason);
  assert.ok(denial.refusal.receiptId, "each refusal has a receipt");
}
assert.equal(provider.requests.length, 2, "no request went out but those of the good run");

for await (const receipt of gate.receipts()) {
  assert.ok(!JSON.stringify(receipt).includes(credential.split(".")[1] ?? credential));
}
await gate.close();
await provider.stop();
issuer.stop();
