import type { BaseMessage } from "@langchain/core/messages";
import type { DynamicStructuredTool } from "@langchain/core/tools";
import {
  Annotation,
  Command,
  END,
  entrypoint,
  type Interrupt,
  MessagesAnnotation,
  type RetryPolicy,
  START,
  StateGraph,
  type task,
} from "@langchain/langgraph";
import { createReactAgent, type ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import type { ChatOpenAI } from "@langchain/openai";
import type { Gate, Run } from "@tollgate/core";
import { expectTypeOf } from "vitest";
import {
  answerApproval,
  budgetRetryOn,
  type GatedNode,
  gatedTask,
  gateNode,
  gateToolNode,
} from "../src/index.ts";

declare const gate: Gate;
declare const run: Run;
declare const openai: ChatOpenAI;
declare const search: DynamicStructuredTool;
declare const interrupted: Interrupt;

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  city: Annotation<string>,
});

const model = gateNode<typeof State.State, typeof State.Update>(gate, {
  accepts: ["model", "maxOutputTokens"],
  action: ({ messages, city }, { configurable }) => ({
    kind: "llm",
    name: "gpt-4o",
    params: { messages, city, thread: configurable?.thread_id },
  }),
  call: async ({ messages }, { action }, config) => {
    expectTypeOf(action.name).toEqualTypeOf<string>();
    return { messages: [await openai.invoke(messages, config)] };
  },
  edges: {
    allow: "tools",
    deny: ({ reason }, { city }) => ({ city: `${city} ${reason}` }),
    skip: () => new Command({ goto: END }),
    approval: END,
  },
});
expectTypeOf(model).toEqualTypeOf<GatedNode<typeof State.State, typeof State.Update>>();

gateNode<typeof State.State, typeof State.Update>(run, {
  action: () => ({ kind: "llm", name: "m" }),
  // @ts-expect-error there is no such channel
  call: () => ({ town: "Oslo" }),
});

const tools = gateToolNode([search], run, {
  handleToolErrors: false,
  actions: {
    search: { capability: "read_only" },
    send: ({ to }) => ({ amounts: { mails: BigInt(String(to).length) } }),
  },
});
expectTypeOf(tools).toEqualTypeOf<ToolNode>();
// @ts-expect-error there is no such capability
gateToolNode([search], run, { actions: { search: { capability: "everything" } } });

const retryPolicy: RetryPolicy = { maxAttempts: 3, retryOn: budgetRetryOn() };
expectTypeOf(budgetRetryOn((error) => error instanceof TypeError)).toExtend<(error: unknown) => boolean>();

const graph = new StateGraph(State)
  .addNode("model", model, { ends: ["tools", END], retryPolicy })
  .addNode("tools", tools)
  .addEdge(START, "model")
  .addConditionalEdges("model", toolsCondition, ["tools", END])
  .addEdge("tools", "model")
  .compile();
const { messages, city } = await graph.invoke({ city: "Oslo" });
expectTypeOf(messages).toEqualTypeOf<BaseMessage[]>();
expectTypeOf(city).toEqualTypeOf<string>();

const resume = answerApproval(interrupted, { approved: true, by: "carol" });
await graph.invoke(new Command({ resume }));
// @ts-expect-error somebody has to say it
answerApproval(interrupted, { approved: true });

createReactAgent({ llm: openai, tools });

const draft = gatedTask(gate, {
  name: "draft",
  retry: retryPolicy,
  action: (topic: string, words: number) => ({ kind: "llm", name: "gpt-4o", params: { topic, words } }),
  call: async ({ action }, topic, words) => ({ topic, words, model: action.name }),
});
expectTypeOf(draft).toEqualTypeOf<
  (topic: string, words: number) => Promise<{ topic: string; words: number; model: string }>
>();
expectTypeOf(draft).toExtend<ReturnType<typeof task<[string, number], object>>>();
const flow = entrypoint("flow", async (topic: string) => (await draft(topic, 100)).words);
expectTypeOf(await flow.invoke("tolls")).toEqualTypeOf<number>();
