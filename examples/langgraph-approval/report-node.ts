import type { MessagesAnnotation } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { createGate, type Gate } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { type GatedNode, gateNode } from "@tollgate/langgraph";

type State = typeof MessagesAnnotation.State;
type Update = typeof MessagesAnnotation.Update;

/** A gate at which somebody has to approve every report; each process makes its own. */
export function reportGate(): Gate {
  // #region gate
  const costly = evaluator("costly", ({ kind }) =>
    kind === "llm"
      ? { decision: "require_approval", reason: "a report costs up to $0.05", approver: "finance" }
      : { decision: "allow" },
  );
  const gate = createGate({
    evaluators: [costly],
    budgets: [{ id: "daily", limit: "$5.00", per: "day" }],
  });
  // #endregion
  return gate;
}

/** A node that writes a report, after it was approved. */
export function reportNode(gate: Gate, baseURL: string): GatedNode<State, Update> {
  return gateNode<State, Update>(gate, {
    action: ({ messages }) => ({ kind: "llm", name: "gpt-4o", provider: "openai", params: { messages } }),
    call: async ({ messages }, { action }, config) => {
      const openai = new ChatOpenAI({
        model: action.name,
        maxTokens: action.maxOutputTokens ?? 4096,
        maxRetries: 0,
        apiKey: "not needed here",
        configuration: { baseURL },
      });
      return { messages: [await openai.invoke(messages, config)] };
    },
  });
}
