// One graph of LangGraph for all callers of a server, each of whom is who their token says.
import { strict as assert } from "node:assert";
import { Annotation, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { createGate, findDenial } from "@tollgate/core";
import { roleTools } from "@tollgate/core/evaluators";
import { jwtIdentity } from "@tollgate/identity";
import { caller, gateNode } from "@tollgate/langgraph";
import { startIssuer } from "./issuer.ts";

const issuer = await startIssuer();
const searched: string[] = [];

const gate = createGate({
  identity: jwtIdentity({ jwks: `${issuer.url}/keys`, audience: "tollgate" }),
  evaluators: [roleTools({ clerk: ["search_*"] })],
});
const State = Annotation.Root({ query: Annotation<string>, answer: Annotation<string> });
const search = gateNode<typeof State.State, typeof State.Update>(gate, {
  action: ({ query }) => ({ kind: "tool", name: "search_web", params: { query } }),
  call: async ({ query }) => ({ answer: `${searched.push(query)} found` }),
});
const graph = new StateGraph(State)
  .addNode("search", search)
  .addEdge(START, "search")
  .compile({ checkpointer: new MemorySaver() });

// #region callers
/** What a server does with each request. */
async function handle(thread: string, authorization: string, query: string) {
  const credential = authorization.slice("Bearer ".length);
  const tollgate = caller({ credential });
  const { answer } = await graph.invoke({ query }, { configurable: { thread_id: thread, tollgate } });
  return answer;
}
// #endregion

const bearer = async (claims: object): Promise<string> => `Bearer ${await issuer.token({ ...claims })}`;
const alice = await bearer({ sub: "alice", role: "clerk" });
const bob = await bearer({ sub: "bob", role: "clerk" });
const guest = await bearer({ sub: "guest" });
await Promise.all([handle("1", alice, "rates"), handle("2", bob, "weather")]);
assert.deepEqual(searched.toSorted(), ["rates", "weather"]);
const refused = await handle("3", guest, "secrets").catch(findDenial);
assert.ok(typeof refused === "object" && refused?.refusal.reasonCode === "policy_denied");
assert.equal(searched.length, 2);

const agents: unknown[] = [];
for await (const { body } of gate.receipts()) {
  if (body.type === "decision") agents.push(body.action.subject?.agent);
}
assert.deepEqual(agents.toSorted(), ["alice", "bob", "guest"]);
await gate.close();
issuer.stop();
