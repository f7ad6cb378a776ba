import { AIMessage } from "@langchain/core/messages";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { gateNode, gateToolNode } from "@tollgate/langgraph";
import { instantAnswer } from "./instant-model.ts";
import { mustHaveRun, refundCall, refundTool } from "./langchain.ts";
import { type MeasuredGate, modelCall } from "./measured-gate.ts";
import { prepared, type SampledRow } from "./sampler.ts";

type State = typeof MessagesAnnotation.State;
type Update = typeof MessagesAnnotation.Update;

/**
 * Graphs of one node each, with and without the gate: one that answers at once, and one that runs a tool.
 *
 * Each invocation names its thread and on whose behalf it is made, as that of a server does.
 */
export function langgraphRows({ gate }: MeasuredGate): readonly SampledRow[] {
  const tools = [refundTool()];
  const gated = gateNode<State, Update>(gate, { action: () => modelCall, call: answer });
  return [
    graphRow("langgraph_node_bare", answer),
    graphRow("langgraph_node_gated", gated),
    graphRow("langgraph_tool_call_bare", new ToolNode(tools), mustHaveRun),
    graphRow("langgraph_tool_call_gated", gateToolNode(tools, gate), mustHaveRun),
  ];
}

type Node = ToolNode | typeof answer | ReturnType<typeof gateNode<State, Update>>;

function graphRow(name: string, node: Node, check?: (last: unknown) => void): SampledRow {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("node", node)
    .addEdge(START, "node")
    .addEdge("node", END)
    .compile();
  const subject = { tenant: "acme", user: "alice", agent: "finance-bot", role: "clerk" };
  const configurable = { thread_id: "thread-1", tollgate: subject };
  return prepared({
    name,
    calls: 15,
    before: async () => ({ messages: [new AIMessage({ content: "", tool_calls: [refundCall] })] }),
    call: (input) => graph.invoke(input, { configurable }),
    after: ({ messages }) => check?.(messages.at(-1)),
  });
}

async function answer(): Promise<Update> {
  return { messages: [instantAnswer()] };
}
