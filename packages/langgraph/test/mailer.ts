import { AIMessage, type BaseMessage, type ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  type CommandInstance,
  MemorySaver,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import type { Gate, GateOptions } from "@tollgate/core";
import * as z from "zod";
import { type GateToolNodeOptions, gateToolNode } from "../src/index.ts";
import { newGate } from "./fixture.ts";

type Resume = CommandInstance<unknown, typeof MessagesAnnotation.Update, "__start__" | "tools">;

/** A graph of a tool that sends mail, and what became of it. */
export interface Mailer {
  readonly gate: Gate;
  readonly sent: readonly string[];
  readonly graph: {
    invoke(
      input: { messages: BaseMessage[] } | Resume | null,
      config: { configurable: object },
    ): Promise<{ messages: BaseMessage[] }>;
  };
}

/** A graph of one gated tool node, with a tool that counts what it sent. */
export function mailer(
  gateOptions: GateOptions,
  options: GateToolNodeOptions & { each?: boolean } = {},
): Mailer {
  const gate = newGate(gateOptions);
  const sent: string[] = [];
  const send = tool(
    async ({ to }: { to: string }) => {
      sent.push(to);
      if (to === "nobody") throw new Error("no such address");
      return `sent to ${to}`;
    },
    { name: "send", description: "Sends mail.", schema: z.object({ to: z.string() }) },
  );
  const { each = false, ...nodeOptions } = options;
  const nodes = new StateGraph(MessagesAnnotation).addNode("tools", gateToolNode([send], gate, nodeOptions));
  // As prebuilt agents do it: each call is sent to the node on its own.
  const sends = ({ messages }: typeof MessagesAnnotation.State) =>
    (messages.at(-1) as AIMessage).tool_calls!.map(
      (call) => new Send("tools", { messages, lg_tool_call: call }),
    );
  const graph = (each ? nodes.addConditionalEdges(START, sends) : nodes.addEdge(START, "tools")).compile({
    checkpointer: new MemorySaver(),
  });
  return { gate, sent, graph };
}

/** A model's message that calls `send` for each. */
export const mails = (...to: string[]): { messages: BaseMessage[] } => ({
  messages: [
    new AIMessage({
      id: "asked",
      content: "",
      tool_calls: to.map((name, index) => ({ name: "send", args: { to: name }, id: `call_${index}` })),
    }),
  ],
});

/** What the model is told. */
export const answers = ({ messages }: { messages: BaseMessage[] }): string[] =>
  messages.slice(1).map((message) => `${(message as ToolMessage).status} ${message.text}`);
