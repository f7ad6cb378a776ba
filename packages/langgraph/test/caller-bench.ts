import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import type { MockProvider } from "@tollgate/conformance/mock-provider";
import { testGate, testProvider } from "@tollgate/conformance/test-gate";
import { type TestTokens, testTokens } from "@tollgate/conformance/test-tokens";
import type { Gate, GateOptions } from "@tollgate/core";
import { benchOf, type Chat, chatOf } from "./identity-graphs.ts";

/** A gate that takes tokens, and a graph of which many callers ask. */
export interface Bench {
  readonly tokens: TestTokens;
  readonly gate: Gate;
  readonly provider: MockProvider;
  readonly saver: MemorySaver;
  readonly graph: Chat;
}

/** Opens the bench of one test. */
export async function open(options: GateOptions = {}): Promise<Bench> {
  const tokens = await testTokens();
  const gate = testGate({ clock: tokens.clock, identity: tokens.identity(), params: "full", ...options });
  const provider = await testProvider();
  const saver = new MemorySaver();
  return { tokens, gate, provider, saver, graph: chatOf(benchOf(gate, provider), { checkpointer: saver }) };
}

/** What a caller says. */
export const said = (): { messages: HumanMessage[] } => ({ messages: [new HumanMessage("hi")] });
