import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import type { MockProvider } from "@tollgate/conformance/mock-provider";
import type { Script } from "@tollgate/conformance/mock-reply";
import { testGate, testProvider } from "@tollgate/conformance/test-gate";
import type { Gate, GateOptions, Run } from "@tollgate/core";

/** A gate, a run of it, and LangChain's OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  /** A model without retries of its own. */
  chat(fields?: ChatOpenAIFields): ChatOpenAI;
}

/** Opens a fixture for one test. Tokens cost $2 and $8 per million. */
export async function open(script?: Script, options?: GateOptions): Promise<Fixture> {
  const provider = await testProvider(script);
  const gate = testGate(options);
  return {
    gate,
    run: gate.run({ tenant: "acme", user: "alice" }),
    provider,
    chat: (fields = {}) =>
      new ChatOpenAI({
        model: "gpt-4o",
        apiKey: "none",
        maxRetries: 0,
        ...fields,
        configuration: { baseURL: provider.url },
      }),
  };
}

/** At most so many model calls. */
export function modelCalls(count: number): Pick<GateOptions, "budgets"> {
  return { budgets: [{ id: "calls", limit: `${count} calls`, match: { kind: "llm" } }] };
}
