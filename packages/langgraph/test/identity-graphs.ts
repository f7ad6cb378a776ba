import { type AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import {
  type BaseCheckpointSaver,
  type CompiledStateGraph,
  END,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import type { IdentityBench } from "@tollgate/conformance/identity-driver";
import type { Gate } from "@tollgate/core";
import * as z from "zod";
import { gateNode, gateToolNode } from "../src/index.ts";

type State = typeof MessagesAnnotation.State;
type Update = typeof MessagesAnnotation.Update;
/** A graph that answers messages. */
export type Chat = CompiledStateGraph<State, Update, string>;

/** A node that asks a model, which may call these tools. */
function asker({ gate, provider }: IdentityBench, name: string, tools: readonly StructuredToolInterface[]) {
  return gateNode<State, Update>(gate, {
    action: ({ messages }) => ({
      kind: "llm",
      name,
      params: { messages: messages.map(({ type, text }) => ({ type, text })) },
    }),
    call: async ({ messages }, { action }, config) => {
      const model = new ChatOpenAI({
        model: action.name,
        maxTokens: action.maxOutputTokens ?? 16,
        maxRetries: 0,
        apiKey: "none",
        configuration: { baseURL: provider.url },
      });
      return { messages: [await model.bindTools([...tools]).invoke(messages, config)] };
    },
  });
}

/** The tools of the bench's agents. */
const toolsOf = (bench: Pick<IdentityBench, "use">): StructuredToolInterface[] =>
  (["search", "pay"] as const).map((name) =>
    tool(({ text }: { text: string }) => bench.use(name, text), {
      name,
      description: name,
      schema: z.object({ text: z.string() }),
    }),
  );

/** An agent: a node that asks the model, and one that runs its tools, until it answers. */
export function chatOf(
  bench: IdentityBench,
  {
    model = "gpt-4o",
    tools = toolsOf(bench),
    checkpointer,
  }: {
    readonly model?: string;
    readonly tools?: StructuredToolInterface[];
    readonly checkpointer?: BaseCheckpointSaver;
  } = {},
): Chat {
  return new StateGraph(MessagesAnnotation)
    .addNode("model", asker(bench, model, tools))
    .addNode("tools", gateToolNode(tools, bench.gate))
    .addEdge(START, "model")
    .addConditionalEdges("model", ({ messages }) =>
      (messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : END,
    )
    .addEdge("tools", "model")
    .compile(checkpointer === undefined ? {} : { checkpointer }) as unknown as Chat;
}

/** A node that asks the outer model, and then a whole agent as the next node. */
export function withSubgraph(bench: IdentityBench): Chat {
  return new StateGraph(MessagesAnnotation)
    .addNode("first", asker(bench, "gpt-4o", []))
    .addNode("inner", chatOf(bench, { model: "gpt-4o-mini" }))
    .addEdge(START, "first")
    .addEdge("first", "inner")
    .compile({ checkpointer: new MemorySaver() }) as unknown as Chat;
}

/** An agent that has another one as a tool, on a thread of its own or on that of its caller. */
export function withInnerTool(bench: IdentityBench, config?: object): Chat {
  const agent = chatOf(bench, { model: "gpt-4o-mini" });
  const inner = tool(
    async ({ prompt }: { prompt: string }) => {
      const { messages } = await agent.invoke({ messages: [new HumanMessage(prompt)] }, config);
      return (messages as BaseMessage[]).at(-1)?.text ?? "";
    },
    { name: "inner", description: "Asks another.", schema: z.object({ prompt: z.string() }) },
  );
  return chatOf(bench, { tools: [inner as StructuredToolInterface], checkpointer: new MemorySaver() });
}

/** A bench of nothing but a gate and a provider, for graphs that use no tools. */
export const benchOf = (gate: Gate, provider: IdentityBench["provider"]): IdentityBench => ({
  gate,
  provider,
  use: async (name, text) => `${name} of ${text}`,
});
