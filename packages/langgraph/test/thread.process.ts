// A process of its own that invokes or resumes a thread kept in PostgreSQL, and prints what came of it:
//
//   node thread.process.ts <database> <provider> <thread> [<resume as JSON> <how often at once>]
import { Command, START, StateGraph } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { Pool } from "pg";
import { gatedTask } from "../src/index.ts";
import { asker, Notes } from "./asking-node.ts";
import { askAt, asking, newGate } from "./fixture.ts";

const [database = "", provider = "", thread_id = "", resume, times = "1"] = process.argv.slice(2);
const pool = new Pool({ connectionString: database, max: 4 });
// A connection that is idle when the server stops has nobody else to tell.
pool.on("error", () => undefined);
const checkpointer = new PostgresSaver(pool);
await checkpointer.setup();

const gate = newGate({
  evaluators: [
    {
      name: "rule",
      evaluate: ({ params }) =>
        (params as { prompt: string }).prompt === "draft"
          ? { decision: "allow" }
          : { decision: "require_approval", reason: "costly" },
    },
  ],
});
const draft = gatedTask(gate, {
  name: "draft",
  action: () => ({ ...asking, params: { prompt: "draft" } }),
  call: (permit) => askAt(provider, permit, "draft"),
});
const graph = new StateGraph(Notes)
  .addNode("draft", async () => {
    const answer = await draft();
    return { notes: [`draft ${answer.text}`] };
  })
  .addNode(
    "ask",
    asker({ gate, ask: (permit, messages, signal) => askAt(provider, permit, messages, signal) }),
  )
  .addEdge(START, "draft")
  .addEdge("draft", "ask")
  .compile({ checkpointer });

const config = { configurable: { thread_id } };
const invoke = () =>
  resume === undefined
    ? graph.invoke({}, config)
    : graph.invoke(new Command({ resume: JSON.parse(resume) }), config);
const results = await Promise.allSettled(Array.from({ length: Number(times) }, invoke));
const { values, tasks } = await graph.getState(config);
const approvals = await gate.approvals.list({ status: "all" });
console.log(
  JSON.stringify({
    results: results.map((result) => (result.status === "fulfilled" ? "ok" : result.reason.code)).toSorted(),
    notes: values.notes,
    interrupts: tasks.flatMap(({ interrupts }) => interrupts),
    approvals: approvals.map(({ status, answer }) => `${status} by ${answer?.by}`),
  }),
);
await pool.end();
