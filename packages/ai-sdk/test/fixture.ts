import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
import type { MockProvider } from "@tollgate/conformance/mock-provider";
import type { Script } from "@tollgate/conformance/mock-reply";
import { testGate, testProvider } from "@tollgate/conformance/test-gate";
import type { Gate, GateOptions, Run } from "@tollgate/core";

/** A gate, a run of it, and the AI SDK's OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  readonly openai: OpenAIProvider;
}

/** Opens a fixture for one test. Tokens cost $2 and $8 per million. */
export async function open(script?: Script, options?: GateOptions): Promise<Fixture> {
  const provider = await testProvider(script);
  const gate = testGate(options);
  return {
    gate,
    run: gate.run({ tenant: "acme", user: "alice" }),
    provider,
    openai: createOpenAI({ baseURL: provider.url, apiKey: "none" }),
  };
}
