// A graph pauses before it spends money, somebody approves it in another process, and it goes on there. What is
// shared is the thread, kept in a file; each process has a gate of its own, and the one that goes on has the
// approval on its receipts. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import type { Gate } from "@tollgate/core";
import { answerApproval } from "@tollgate/langgraph";
import { FileSaver } from "./file-saver.ts";
import { reportGate, reportNode } from "./report-node.ts";

const config = { configurable: { thread_id: "report-7", tollgate: { user: "alice" } } };

/** The graph, as every process that works on the thread makes it. */
const graphOf = (gate: Gate, baseURL: string, file: string) =>
  new StateGraph(MessagesAnnotation)
    .addNode("report", reportNode(gate, baseURL))
    .addEdge(START, "report")
    .compile({ checkpointer: new FileSaver(file) });

/** The first process: asks for a report, pauses, and looks at the thread again when somebody has approved it. */
async function ask(): Promise<void> {
  const provider = await startMockProvider(() => ({ text: "It was a good quarter." }));
  const folder = mkdtempSync(join(tmpdir(), "tollgate-example-"));
  const file = join(folder, "thread");
  try {
    const graph = graphOf(reportGate(), provider.url, file);
    await graph.invoke({ messages: [{ role: "user", content: "How was the quarter?" }] }, config);
    assert.equal(provider.count(), 0);
    console.log("paused before the model was called");

    const approver = spawn(
      process.execPath,
      ["--conditions=tollgate-source", fileURLToPath(import.meta.url), "approve", provider.url, file],
      { stdio: "inherit" },
    );
    const [status] = await once(approver, "exit");
    assert.equal(status, 0);

    const { values, next } = await graphOf(reportGate(), provider.url, file).getState(config);
    assert.deepEqual(next, []);
    assert.equal(values.messages.at(-1)?.text, "It was a good quarter.");
    assert.equal(provider.count(), 1);
    console.log("went on, with one provider call");
  } finally {
    await provider.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The second process: shows what is asked, and goes on with the answer. */
async function approve(baseURL: string, file: string): Promise<void> {
  const gate = reportGate();
  const graph = graphOf(gate, baseURL, file);
  // #region answer
  const { tasks } = await graph.getState(config);
  const [interrupted] = tasks.flatMap(({ interrupts }) => interrupts);
  assert.ok(interrupted);
  const { reason, approver } = interrupted.value;
  console.log(`${approver} is asked: ${reason}`);
  // Somebody says yes:
  const resume = answerApproval(interrupted, { approved: true, by: "carol" });
  await graph.invoke(new Command({ resume }), config);
  // #endregion
  // The same answer again approves nothing more.
  await graph.invoke(new Command({ resume }), config);
  const [approval] = await gate.approvals.list({ status: "used" });
  assert.equal(approval?.answer?.by, "carol");
  console.log(`approved by ${approval.answer.by} in another process`);
}

const [role, ...args] = process.argv.slice(2);
if (role === "approve") await approve(args[0] ?? "", args[1] ?? "");
else await ask();
